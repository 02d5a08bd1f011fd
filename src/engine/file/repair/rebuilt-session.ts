import { EMPTY_HEAD, type HeadChanges, type SessionHead } from "../../../session/head.ts";
import type { Message } from "../../../session/message.ts";
import type { SideEntry } from "../../../session/side-lists.ts";
import type { JournalHeader } from "../journal/journal-record.ts";
import { encodeCommit, messagesOf, setOf, sideOf, type NewCommitRecord } from "../journal/journal-record.ts";
import { fullSet } from "../journal/publish-journal.ts";
import type { IntactCommit } from "./intact-records.ts";

/** A checkpoint's session. */
export interface CoveredState {
  readonly life: number;
  readonly revision: number;
  readonly checksum: string;
  readonly head: SessionHead;
  readonly messages: readonly Message[];
  readonly side: readonly SideEntry[];
  readonly at: string;
}

/** A message, or a place where one stood that is lost. */
type Slot = Message | undefined;

/**
 * Builds a session's journal anew from the commits that can be read. Each keeps its place, its revision and its time;
 * what lies between two of them comes from the checkpoint where it covers that. Revisions that are lost stand there as
 * commits that change nothing. Messages behind a loss are found by counting: each commit says how many there were.
 */
export class RebuiltSession {
  readonly lines: Buffer[] = [];
  /** Revisions whose content could not be brought back. */
  lost = 0;
  #life: number;
  #revision: number;
  #checksum: string;
  #head: SessionHead = EMPTY_HEAD;
  #slots: Slot[] = [];
  #sideCount = 0;
  #at = "";
  #end: number;
  #listing = 0;
  /** Something was lost or moved: offsets and checksums in the lines are not those of the original any more. */
  #isChanged = false;
  /** The state is just what it was, although not every revision is there. */
  #isExact = true;

  /** @param begin logical offset of the first record. */
  constructor({ life, revision, checksum }: JournalHeader, begin: number) {
    this.#life = life;
    this.#revision = revision;
    this.#checksum = checksum;
    this.#end = begin;
  }

  get revision(): number {
    return this.#revision;
  }

  get messageCount(): number {
    return this.#known(this.#slots.length);
  }

  /** Adds the commits, and what a checkpoint has beyond them or between them. */
  addAll(commits: readonly IntactCommit[], covered: CoveredState | undefined): void {
    for (const [index, commit] of commits.entries()) {
      const { record } = commit;
      if (record.life > this.#life) this.#beginLife(record.life, record.previous);
      const from = this.#revision + 1;
      if (record.revision > from || record.previous !== this.#checksum) {
        const isCovering = covered?.life === record.life && covered.revision >= from;
        const before = isCovering ? stateBefore(commits.slice(index), covered, this.#head) : undefined;
        if (before !== undefined) this.#bridge(before, record.revision - 1);
        else this.#skip(record.revision - 1, record);
      }
      // What the checkpoint holds is there already.
      if (record.revision <= this.#revision) continue;
      this.#add(commit);
    }
    if (covered !== undefined && this.#isBehind(covered)) {
      if (covered.life > this.#life) this.#beginLife(covered.life, this.#checksum);
      this.#bridge(covered, covered.revision);
    }
  }

  #isBehind({ life, revision }: CoveredState): boolean {
    return life > this.#life || (life === this.#life && revision > this.#revision);
  }

  #beginLife(life: number, previous: string): void {
    this.#life = life;
    this.#revision = 0;
    if (!this.#isChanged) this.#checksum = previous;
    this.#head = EMPTY_HEAD;
    this.#slots = [];
    this.#sideCount = 0;
    this.#isExact = true;
  }

  /** Revisions up to `to` that are lost: commits without content, the last of which leads to a state that is known. */
  #bridge(state: CoveredState, to: number): void {
    if (to <= this.#revision) return;
    this.lost += Math.max(to - 1 - this.#revision, 0);
    while (this.#revision < to - 1) this.#append({});
    const messageCount = this.messageCount;
    this.#slots = [...state.messages];
    this.#head = state.head;
    this.#at = state.at;
    this.#isExact = true;
    this.#append({
      splice: [0, messageCount, state.messages],
      set: fullSet(state.head),
      side: state.side.slice(this.#sideCount),
      alias: state.revision === to ? state.checksum : undefined,
    });
    this.#sideCount = Math.max(this.#sideCount, state.side.length);
  }

  /** Revisions up to `to` that are lost; how many messages there were then, the next commit tells. */
  #skip(to: number, next: IntactCommit["record"]): void {
    this.lost += Math.max(to - this.#revision, 0);
    while (this.#revision < to) this.#append({});
    this.#isExact = false;
    const [, deleteCount] = next.splice ?? [0, 0];
    const before = next.messageCount - next.sizes.length + deleteCount;
    // Messages that are lost were most often added at the end; those that went, most often at the beginning.
    while (this.#slots.length < before) this.#slots.push(undefined);
  }

  #add({ record, line }: IntactCommit): void {
    const set = setOf(line, record);
    const [start, deleteCount] = record.splice ?? [0, 0];
    const messages = messagesOf(line, record);
    const side = sideOf(line, record);
    const before = record.messageCount - messages.length + deleteCount;
    const from = record.splice === undefined ? 0 : start + Math.max(this.#slots.length - before, 0);
    const known: readonly [number, number] = [this.#known(from), this.#known(from + deleteCount)];
    if (record.splice !== undefined) this.#slots.splice(from, deleteCount, ...messages);
    this.#head = { ...this.#head, ...set, tokenCount: record.tokenCount };
    this.#sideCount += side.length;
    this.#at = record.at;
    if (!this.#isChanged && record.previous === this.#checksum && record.revision === this.#revision + 1) {
      if (set !== undefined && "createdAt" in set) this.#listing = this.#end;
      this.#put(Buffer.concat([line, NEWLINE]), record.checksum);
      return;
    }
    this.#append({
      operation: record.operation,
      foreign: record.foreign,
      removed: record.removed,
      restored: record.restored,
      splice: record.splice === undefined ? undefined : [known[0], known[1] - known[0], messages],
      set,
      side,
      alias: this.#isExact ? record.checksum : undefined,
    });
  }

  /** How many of the first `count` slots hold a message. */
  #known(count: number): number {
    let known = 0;
    for (const slot of this.#slots.slice(0, count)) if (slot !== undefined) known++;
    return known;
  }

  #append(change: Partial<NewCommitRecord>): void {
    this.#isChanged = true;
    const isListing = change.set !== undefined && "createdAt" in change.set;
    const { line, checksum } = encodeCommit({
      previous: this.#checksum,
      revision: this.#revision + 1,
      life: this.#life,
      at: this.#at === "" ? new Date(0).toISOString() : this.#at,
      messageCount: this.messageCount,
      tokenCount: this.#head.tokenCount,
      listing: isListing ? undefined : this.#listing,
      ...change,
    });
    if (isListing) this.#listing = this.#end;
    this.#put(line, checksum);
  }

  #put(line: Buffer, checksum: string): void {
    this.lines.push(line);
    this.#end += line.length;
    this.#revision++;
    this.#checksum = checksum;
  }
}

const NEWLINE = Buffer.from("\n");

/**
 * The state before commits that a checkpoint covers: the checkpoint's, with what they added taken back. `undefined` when
 * they do not all lead to the checkpoint, or took messages away that nobody knows any more.
 */
function stateBefore(
  commits: readonly IntactCommit[],
  covered: CoveredState,
  headBefore: SessionHead,
): CoveredState | undefined {
  const [first] = commits;
  if (first === undefined) return undefined;
  if (covered.revision < first.record.revision) return covered;
  const behind = commits.findIndex(({ record }) => record.checksum === covered.checksum);
  const passed = commits.slice(0, behind + 1);
  if (behind < 0 || passed.slice(1).some(({ isBehindGap }) => isBehindGap)) return covered;
  const messages = [...covered.messages];
  const side = [...covered.side];
  let changes: HeadChanges = {};
  for (const { record, line } of passed.toReversed()) {
    const [start, deleteCount] = record.splice ?? [0, 0];
    if (deleteCount > 0 || record.restored === true || record.removed !== undefined) return covered;
    messages.splice(start, record.sizes.length);
    side.length -= sideOf(line, record).length;
    changes = { ...changes, ...setOf(line, record) };
  }
  const fields = Object.keys(changes) as (keyof SessionHead)[];
  const known = Object.fromEntries(fields.map((field) => [field, headBefore[field]]));
  const { previous, revision, at } = first.record;
  return {
    ...covered,
    revision: revision - 1,
    checksum: previous,
    messages,
    side,
    head: { ...covered.head, ...known },
    at,
  };
}
