import type { Message } from "../../../src/session/message.ts";
import { estimateTokens } from "../../../src/session/summary/tokens.ts";

/** Something that was done to a session as a whole, and can be taken back. */
export type Done =
  | { readonly kind: "compact"; readonly summary: string; readonly upTo: number; readonly last: Message }
  /** `isOwn`: it was done to this session, and not to one of which it is a fork. */
  | { readonly kind: "rewind"; readonly from: number; readonly isOwn: boolean };

/** What a session is at one revision. The very objects that were stored: a message is told by identity. */
export interface State {
  readonly messages: readonly Message[];
  readonly title: string | null;
  readonly autoTitle: string | null;
  readonly tags: readonly string[];
  readonly custom: Readonly<Record<string, string>>;
  readonly pinned: boolean;
  readonly archived: boolean;
  readonly workspacePath: string | null;
  readonly workspaceId: string | null;
  readonly model: string | null;
  readonly tokens: number;
  /** How many of its first messages a fork took over. */
  readonly takenOver: number;
  readonly done: readonly Done[];
}

export const EMPTY: State = {
  messages: [],
  title: null,
  autoTitle: null,
  tags: [],
  custom: {},
  pinned: false,
  archived: false,
  workspacePath: null,
  workspaceId: null,
  model: null,
  tokens: 0,
  takenOver: 0,
  done: [],
};

export function tokensOf(messages: readonly Message[]): number {
  return messages.reduce((sum, message) => sum + estimateTokens(message), 0);
}

/** What one commit did to the messages, as the history tells it. */
export type Spliced = { readonly start: number; readonly removed: number; readonly added: number };

/** One life of a session: what it was at each of its revisions. */
export class Life {
  /** The state at revision `n` is at `n - 1`. */
  readonly states: State[] = [];
  /** What the commit of each revision did to the messages; `"any"` where an engine may have its own. */
  readonly splices: (Spliced | undefined | "any")[] = [];
  readonly side: { readonly revision: number; readonly list: string; readonly item: number }[] = [];
  readonly createdAt: string;
  readonly parentId: string | null;
  /** As it was listed last. */
  updatedAt: string;
  /** The first revision that there is. */
  begins = 1;
  /** It was changed since it was listed last. */
  isTouched = true;

  constructor(createdAt: string, parentId: string | null, updatedAt: string) {
    this.createdAt = createdAt;
    this.parentId = parentId;
    this.updatedAt = updatedAt;
  }

  get revision(): number {
    return this.states.length;
  }

  get now(): State {
    return this.at(this.revision);
  }

  at(revision: number): State {
    return this.states[revision - 1] ?? EMPTY;
  }

  sideAt(revision: number): [list: string, item: number][] {
    return this.side.filter((one) => one.revision <= revision).map(({ list, item }) => [list, item]);
  }

  /** One more revision. */
  become(change: Partial<State>, splice?: Spliced): void {
    this.states.push({ ...this.now, ...change });
    this.splices.push(splice !== undefined && splice.removed + splice.added > 0 ? splice : undefined);
    this.isTouched = true;
  }

  /** Revisions that an engine may need to bring it back, and that change nothing. */
  restored(revision: number): void {
    while (this.revision < revision) {
      this.states.push(this.now);
      this.splices.push("any");
    }
    this.isTouched = true;
  }

  /** Every revision as if something else had been said; when, and with how many tokens counted, stays. */
  rewrite(message: (before: Message) => Message, text: (before: string) => string): void {
    for (const [index, state] of this.states.entries())
      this.states[index] = {
        ...state,
        messages: state.messages.map(message),
        autoTitle: state.autoTitle === null ? null : text(state.autoTitle),
        done: state.done.map((one) => (one.kind === "rewind" ? one : { ...one, last: message(one.last) })),
      };
  }

  splice(start: number, removed: number, added: readonly Message[], change: Partial<State> = {}): void {
    const { messages } = this.now;
    const next = [...messages.slice(0, start), ...added, ...messages.slice(start + removed)];
    this.become({ messages: next, ...change }, { start, removed, added: added.length });
  }

  /** What is kept of a count that somebody may have made of the messages that stay. */
  #goTo(messages: readonly Message[], takenOver: number, done: readonly Done[]): void {
    const before = this.now;
    const kept = shared(before.messages, messages);
    const tokens = before.tokens - tokensOf(before.messages.slice(kept)) + tokensOf(messages.slice(kept));
    this.splice(kept, before.messages.length - kept, messages.slice(kept), {
      tokens: Math.max(tokens, 0),
      takenOver: Math.min(takenOver, messages.length),
      done,
    });
  }

  /** @returns whether there was anything to do. */
  rewind(messages: readonly Message[], takenOver = this.now.takenOver): boolean {
    const { messages: before, done } = this.now;
    if (isSame(before, messages)) return false;
    this.#goTo(messages, takenOver, [...done, { kind: "rewind", from: this.revision, isOwn: true }]);
    return true;
  }

  /** What `undo` would take back is a way that was begun at a revision that was given up. */
  get isUndoGivenUp(): boolean {
    const last = this.now.done.findLast((one) => one.kind === "compact" || one.isOwn);
    return last?.kind === "rewind" && last.from < this.begins;
  }

  undo(): "rewind" | "compact" | undefined {
    const done = this.now.done.filter((one) => one.kind === "compact" || one.isOwn);
    const last = done.pop();
    if (last === undefined) return undefined;
    // What another session did is dropped only when it stands behind what is taken back.
    const rest = this.now.done.slice(0, this.now.done.indexOf(last));
    if (last.kind === "compact") this.become({ done: rest });
    else {
      const { messages, takenOver } = this.at(last.from);
      const isLeft = shared(this.now.messages, messages) < this.now.messages.length;
      this.#goTo(
        messages,
        takenOver,
        isLeft ? [...rest, { kind: "rewind", from: this.revision, isOwn: true }] : rest,
      );
    }
    return last.kind;
  }

  /** What a summary would stand for; 0: nothing, or nothing new. */
  toCompact(keepRecent: number): number {
    const { messages } = this.now;
    let upTo = Math.max(messages.length - keepRecent, 0);
    while (upTo > 0 && !isSeam(messages, upTo)) upTo--;
    return upTo > (compactionOf(this.now)?.upTo ?? 0) ? upTo : 0;
  }

  compact(upTo: number, summary: string): void {
    const { messages, done } = this.now;
    const last = messages[upTo - 1];
    if (last !== undefined) this.become({ done: [...done, { kind: "compact", summary, upTo, last }] });
  }
}

/** What a fork of a state begins with. */
export function forkOf(from: string, revision: number, { done, ...state }: State, position: number): State {
  const { messages, tokens, title } = state;
  const again = title === null ? null : / \(fork(?: (\d+))?\)$/.exec(title);
  const plain = again === null ? title : (title?.slice(0, again.index) ?? null);
  const number = again === null ? "" : ` ${Number(again[1] ?? "1") + 1}`;
  return {
    ...state,
    title: plain === null ? null : `${plain} (fork${number})`,
    messages: messages.slice(0, position),
    tokens: Math.max(tokens - tokensOf(messages.slice(position)), 0),
    custom: { ...state.custom, forked_from: `${from}@${revision}` },
    takenOver: position,
    pinned: false,
    archived: false,
    done: done.map((one) => (one.kind === "rewind" ? { ...one, isOwn: false } : one)),
  };
}

function compactionOf({ done, messages }: State): (Done & { kind: "compact" }) | undefined {
  return done.findLast(
    (one): one is Done & { kind: "compact" } => one.kind === "compact" && messages[one.upTo - 1] === one.last,
  );
}

/** What a model is sent: role and content of each message. */
export function contextOf(state: State): [role: string, content: unknown][] {
  const compaction = compactionOf(state);
  const behind = state.messages.slice(compaction?.upTo ?? 0);
  const paired = new Set(pairs(behind).flat());
  const sent = behind.filter((message, at) => idOf(message) === undefined || paired.has(at));
  const rest = sent.map(({ role, content }): [string, unknown] => [role, content]);
  if (compaction === undefined) return rest;
  return [["system", `Summary of the conversation so far:\n\n${compaction.summary}`], ...rest];
}

/** The calls that no result answers and the results that no call asked for, by position. */
export function unpairedOf(messages: readonly Message[]): number[] {
  const paired = new Set(pairs(messages).flat());
  return [...messages.keys()].filter((at) => {
    const message = messages[at];
    return message !== undefined && idOf(message) !== undefined && !paired.has(at);
  });
}

function pairs(messages: readonly Message[]): [call: number, result: number][] {
  const open = new Map<string, number>();
  const found: [number, number][] = [];
  for (const [at, message] of messages.entries()) {
    const id = idOf(message);
    if (id === undefined) continue;
    const call = open.get(id);
    if (message.role !== "tool") open.set(id, at);
    else if (call !== undefined) {
      found.push([call, at]);
      open.delete(id);
    }
  }
  return found;
}

/** Of a call or a result, which it is of; only what `steps.ts` makes is known here. */
function idOf(message: Message): string | undefined {
  return typeof message.content === "string"
    ? undefined
    : JSON.stringify(message.content).match(/call-\d+/)?.[0];
}

/** Neither a call and its result nor a call whose result may still come are parted here. */
function isSeam(messages: readonly Message[], at: number): boolean {
  const all = pairs(messages);
  if (all.some(([call, result]) => call < at && at <= result)) return false;
  const paired = new Set(all.flat());
  const spoken = messages.findLastIndex(({ role }) => role === "user");
  const isUnderWay = (message: Message, position: number): boolean =>
    position > spoken && message.role !== "tool" && idOf(message) !== undefined && !paired.has(position);
  return !messages.slice(0, at).some(isUnderWay);
}

export function shared(left: readonly Message[], right: readonly Message[]): number {
  let count = 0;
  while (count < Math.min(left.length, right.length) && left[count] === right[count]) count++;
  return count;
}

export function isSame(left: readonly Message[], right: readonly Message[]): boolean {
  return left.length === right.length && shared(left, right) === left.length;
}
