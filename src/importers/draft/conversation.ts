import type { Message } from "../../session/message.ts";
import { estimateTokens } from "../../session/summary/tokens.ts";

/** What a message counts as. */
export interface MessageMarks {
  /** A person typed it. */
  readonly prompt?: boolean | undefined;
  /** It only answers calls of tools. */
  readonly answersCalls?: boolean | undefined;
  /** Calls of tools in it. */
  readonly calls?: number | undefined;
}

/** What has to be done to the stored messages: `Array.prototype.splice`'s arguments. */
export type PendingSplice = readonly [start: number, deleteCount: number, messages: readonly Message[]];

/** So many places where messages were left are noted. */
const MOST_LEFT = 1000;

const PROMPT = 1;
const RESULT = 2;

/**
 * The conversation of one session while its records go by: what a person would read, in order. It is written to the
 * store piece by piece, so it holds only what is not written yet, and a few numbers for each message. Going back (a
 * rewind) takes messages away again, also those that are written.
 */
export class Conversation {
  /** Messages so far. */
  length = 0;
  prompts = 0;
  calls = 0;
  /** Estimated, as `SessionHead.tokenCount` has it. */
  tokens = 0;
  /** Told of what going back leaves, as far as it is held: while nothing was taken, all of it. */
  onLeave: ((position: number, messages: readonly Message[]) => void) | undefined;
  #last: Message | undefined;
  #left: number[] = [];
  readonly #flags: number[] = [];
  readonly #calls: number[] = [];
  readonly #tokens: number[] = [];
  /** So many messages are stored … */
  #stored = 0;
  /** … and the first so many of them stay. */
  #kept = 0;
  #pending: Message[] = [];
  /** While the part that is stored already goes by, nothing is held. */
  #replaying = false;
  /** Digests of stored messages that may be the same as those that come now. */
  #known: readonly string[] | undefined;

  /** The last message, unless what stood behind it was just taken away. */
  get last(): Message | undefined {
    return this.#last;
  }

  /** Messages that the store has when what was taken is written: still the old ones while new ones are compared. */
  get stored(): number {
    return this.#stored;
  }

  /** Whether there is anything to write. */
  get isPending(): boolean {
    return this.#pending.length > 0 || this.#kept < this.#stored;
  }

  /** Adds a message at the end. @returns its position. */
  push(message: Message, marks: MessageMarks = {}): number {
    const position = this.length++;
    this.#last = message;
    this.#mark(position, message, marks);
    if (!this.#replaying) this.#pending.push(message);
    return position;
  }

  /** Puts another message in the place of the last one. */
  replaceLast(message: Message, marks: MessageMarks = {}): void {
    this.cut(this.length - 1);
    this.push(message, marks);
  }

  /** Where messages were left by going back: positions, the first one first. */
  get left(): readonly number[] {
    return [...new Set(this.#left)].sort((one, other) => one - other).slice(0, MOST_LEFT);
  }

  /** Goes back behind the first `length` messages: what is cut was said, and left. */
  leave(length: number): void {
    if (length >= this.length) return;
    this.#left = [...this.#left.filter((position) => position < length), length];
    this.onLeave?.(length, this.#pending.slice(Math.max(length - this.#kept, 0)));
    this.cut(length);
  }

  /** Keeps the first `length` messages only. */
  cut(length: number): void {
    if (length >= this.length) return;
    for (let at = length; at < this.length; at++) {
      this.prompts -= ((this.#flags[at] ?? 0) & PROMPT) === 0 ? 0 : 1;
      this.calls -= this.#calls[at] ?? 0;
      this.tokens -= this.#tokens[at] ?? 0;
    }
    this.#flags.length = this.#calls.length = this.#tokens.length = length;
    this.length = length;
    this.#last = undefined;
    if (this.#replaying) return;
    if (length >= this.#kept) this.#pending.length = length - this.#kept;
    else {
      this.#kept = length;
      this.#pending = [];
    }
  }

  /** The position behind a message and the results of its calls that follow it. */
  behindResults(position: number): number {
    let end = position + 1;
    while (end < this.length && ((this.#flags[end] ?? 0) & RESULT) !== 0) end++;
    return end;
  }

  /** The position of the last message that says something of its own; -1 when there is none. */
  lastSpoken(): number {
    let at = this.length - 1;
    while (at >= 0 && ((this.#flags[at] ?? 0) & RESULT) !== 0) at--;
    return at;
  }

  /** From now on what comes is stored already, until `endReplay`. */
  beginReplay(): void {
    this.#replaying = true;
  }

  endReplay(): void {
    this.#replaying = false;
    this.#stored = this.#kept = this.length;
    this.#pending = [];
  }

  /**
   * There are stored messages, perhaps others: what is equal from the first on stays as it is. Before
   * anything was taken.
   */
  compareWith(digests: readonly string[]): void {
    this.#known = digests;
    this.#stored = digests.length;
    this.#kept = 0;
  }

  /**
   * What has to be written now; after it counts as written. `isEnd`: nothing comes any more.
   * @param digest compares with what `compareWith` was given.
   */
  take(digest: (message: Message) => string, isEnd: boolean): PendingSplice | undefined {
    if (this.#known !== undefined) this.#skipKnown(this.#known, digest);
    if (!isEnd && this.#known !== undefined && this.#pending.length === 0) return undefined;
    if (!this.isPending) return undefined;
    const splice: PendingSplice = [this.#kept, this.#stored - this.#kept, this.#pending];
    this.#known = undefined;
    this.#pending = [];
    this.#stored = this.#kept = this.length;
    return splice;
  }

  #skipKnown(known: readonly string[], digest: (message: Message) => string): void {
    let same = 0;
    for (const message of this.#pending) {
      if (known[this.#kept + same] !== digest(message)) break;
      same++;
    }
    this.#kept += same;
    this.#pending = this.#pending.slice(same);
  }

  #mark(position: number, message: Message, { prompt, answersCalls, calls = 0 }: MessageMarks): void {
    this.#flags[position] = (prompt === true ? PROMPT : 0) | (answersCalls === true ? RESULT : 0);
    this.#calls[position] = calls;
    const tokens = estimateTokens(message);
    this.#tokens[position] = tokens;
    if (prompt === true) this.prompts++;
    this.calls += calls;
    this.tokens += tokens;
  }
}
