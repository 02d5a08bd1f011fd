import { EMPTY_HEAD, type SessionHead } from "../../../session/head.ts";
import type { JournalHeader } from "../journal/record/record.ts";
import { encodeCommit } from "../journal/record/encode-record.ts";
import type { NewCommitRecord } from "../journal/record/record.ts";
import { messagesOf, setOf, sideOf } from "../journal/record/record-content.ts";
import { fullSet } from "../journal/publish-journal.ts";
import type { IntactCommit } from "./intact-records.ts";
import { stateBefore, type CoveredState, type Slot } from "./state-before.ts";

/**
 * Builds a session's journal anew from the commits that can be read. Each keeps its place, its revision and its time;
 * what lies between two of them comes from the checkpoint where it covers that. Revisions that are lost stand there as
 * commits that change nothing. Messages behind a loss are found by counting: each commit says how many there were.
 * Lives that were in the trash stay there.
 */
export class RebuiltSession {
  readonly lines: Buffer[] = [];
  /** Revisions whose content could not be brought back. */
  lost = 0;
  /** A life ends with revisions that are lost; nothing says how many they were. */
  isLossKnown = true;
  readonly #beginRevision: number;
  #life: number;
  #revision: number;
  #checksum: string;
  #head: SessionHead = EMPTY_HEAD;
  #slots: Slot[] = [];
  #sideCount = 0;
  #at = "";
  #end: number;
  #listing = 0;
  /** Logical offset of the latest tombstone of an earlier life in the trash, and of this life's last commit if it is one. */
  #earlier: number | undefined;
  #tombstone: number | undefined;
  /** The last commit removed the session. */
  #isRemoved = false;
  /** Something was lost or moved: offsets and checksums in the lines are not those of the original any more. */
  #isChanged = false;
  /** The state is just what it was, although not every revision is there. */
  #isExact = true;

  /** @param begin logical offset of the first record. */
  constructor({ life, revision, checksum }: JournalHeader, begin: number) {
    this.#life = life;
    this.#revision = revision;
    this.#beginRevision = revision;
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
      const { record, isBehindGap } = commit;
      if (record.life > this.#life) this.#beginLife(record.life, isBehindGap);
      if (isBehindGap || record.revision > this.#revision + 1) {
        const before = stateBefore(commits.slice(index), covered, this.#head);
        const isTold = before !== undefined && before.revision > this.#revision;
        if (isTold) this.#bridge(before);
        const isNext = record.revision === this.#revision + 1;
        if (!isNext || (!isTold && record.revision > 1)) this.#skip(record.revision - 1, record);
      }
      this.#add(commit, record.life === covered?.life && record.checksum === covered.checksum);
    }
    if (covered !== undefined && this.#isBehind(covered)) {
      if (covered.life > this.#life) this.#beginLife(covered.life, true);
      this.#bridge(covered);
    }
  }

  #isBehind({ life, revision }: CoveredState): boolean {
    return life > this.#life || (life === this.#life && revision > this.#revision);
  }

  /** A life begins behind the tombstone of the one before, which may be lost. */
  #beginLife(life: number, isBehindGap: boolean): void {
    while (this.#life < life) {
      if (isBehindGap && !this.#isRemoved) this.#endLife();
      this.#earlier = this.#tombstone ?? this.#earlier;
      this.#tombstone = undefined;
      this.#isRemoved = false;
      this.#life++;
      this.#revision = 0;
      this.#head = EMPTY_HEAD;
      this.#slots = [];
      this.#sideCount = 0;
      this.#listing = 0;
      this.#isExact = true;
    }
  }

  /** The life was in the trash: one that is removed for good leaves nothing in a journal. */
  #endLife(): void {
    const isKnown = this.#revision > 0;
    // A journal may begin behind a tombstone.
    if (isKnown && this.#revision === this.#beginRevision && this.lines.length === 0) return;
    this.isLossKnown = false;
    this.#append({ removed: isKnown ? "trash" : "gone" });
  }

  /** Revisions up to that of `state` that are lost: commits without content, the last of which leads to it. */
  #bridge(state: CoveredState): void {
    const isWhole = !state.messages.includes(undefined);
    this.lost += state.revision - this.#revision - (isWhole ? 1 : 0);
    while (this.#revision < state.revision - 1) this.#append({});
    const messageCount = this.messageCount;
    this.#slots = [...state.messages];
    this.#head = state.head;
    this.#at = state.at;
    this.#isExact = isWhole;
    this.#append({
      splice: [0, messageCount, state.messages.filter((message) => message !== undefined)],
      set: fullSet(state.head),
      side: state.side.slice(this.#sideCount),
      alias: isWhole ? state.checksum : undefined,
    });
    this.#sideCount = Math.max(this.#sideCount, state.side.length);
  }

  /** Revisions up to `to` that are lost; how many messages there were then, the next commit tells. */
  #skip(to: number, next: IntactCommit["record"]): void {
    this.lost += to - this.#revision;
    while (this.#revision < to) this.#append({});
    this.#isExact = false;
    const [, deleteCount] = next.splice ?? [0, 0];
    const before = next.messageCount - next.sizes.length + deleteCount;
    // Messages that are lost were most often added at the end; those that went, most often at the beginning.
    while (this.#slots.length < before) this.#slots.push(undefined);
  }

  /** @param isCovered a checkpoint holds the state behind it. */
  #add({ record, line, offset }: IntactCommit, isCovered: boolean): void {
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
    if (isCovered && !this.#slots.includes(undefined)) this.#isExact = true;
    if (!this.#isChanged && offset === this.#end) {
      if (set !== undefined && "createdAt" in set) this.#listing = this.#end;
      this.#put(Buffer.concat([line, NEWLINE]), record.checksum, record.removed);
      return;
    }
    this.#append({
      operation: record.operation,
      foreign: record.foreign,
      known: record.known,
      removed: record.removed,
      why: record.why,
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
    // Behind a life's end nobody says the listed fields again, where the record that held them is lost.
    const isUnlisted = change.removed === "trash" && this.#listing === 0;
    const set = isUnlisted ? fullSet(this.#head) : change.set;
    const isListing = set !== undefined && "createdAt" in set;
    const { line, checksum } = encodeCommit({
      previous: this.#checksum,
      revision: this.#revision + 1,
      life: this.#life,
      at: this.#at === "" ? new Date(0).toISOString() : this.#at,
      messageCount: this.messageCount,
      tokenCount: this.#head.tokenCount,
      listing: isListing ? undefined : this.#listing,
      earlier: this.#earlier,
      ...change,
      set,
    });
    if (isListing) this.#listing = this.#end;
    this.#put(line, checksum, change.removed);
  }

  #put(line: Buffer, checksum: string, removed: NewCommitRecord["removed"]): void {
    this.lines.push(line);
    this.#isRemoved = removed !== undefined;
    this.#tombstone = removed === "trash" ? this.#end : undefined;
    this.#end += line.length;
    this.#revision++;
    this.#checksum = checksum;
  }
}

const NEWLINE = Buffer.from("\n");
