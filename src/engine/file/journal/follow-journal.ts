import type { DiskFile } from "../disk/disk.ts";
import { readLines } from "../disk/file-lines.ts";
import { TimeSlice } from "../disk/time-slice.ts";
import { decodeRecord } from "./record/decode-record.ts";
import type { CommitRecord, DocumentRecord } from "./record/record.ts";
import { CHECKED_FROM } from "./record/record-line.ts";

/** A position in a journal between two records: what the next one must follow. */
export interface JournalPosition {
  /** Logical offset behind the last accepted record. */
  readonly offset: number;
  readonly life: number;
  readonly revision: number;
  readonly checksum: string;
}

/** A record that describes a document, and its logical offset. */
export interface DocumentMark {
  readonly offset: number;
  readonly record: DocumentRecord;
}

export interface JournalScan {
  /** Behind the last accepted commit. */
  readonly position: JournalPosition;
  /** Logical offset of the end of the file. */
  readonly end: number;
  readonly last: CommitRecord | undefined;
  /** Logical offset of `last`. */
  readonly lastOffset: number;
  /** Logical offset of the latest record that holds all listed fields. */
  readonly listing: number;
  /** The last record of a document that was passed since the last commit that says nothing of it. */
  readonly mark: DocumentMark | undefined;
  /** Format 1: a document of this revision was in place; 0 for none. */
  readonly checkpoint: number;
  /** Checksum of the last document of someone else's that a commit of this life took over. */
  readonly foreign: string | undefined;
  /** The session's last commit removed it. */
  readonly removed: "gone" | "trash" | undefined;
  /** Bytes behind the last accepted commit that never became one. */
  readonly tornFrom: number | undefined;
  /** Bytes that had been synced and can no longer be read. */
  readonly damage: { readonly from: number; readonly detail: string } | undefined;
}

/** A record that counts, its line and its logical offset. */
export interface AcceptedCommit {
  readonly record: CommitRecord;
  readonly line: Buffer;
  readonly offset: number;
}

/**
 * Follows the records of a journal from `start`, which must lie between two lines. A record is accepted when it names
 * the accepted one before as its predecessor; the first that does wins, and those that lost, or follow one that lost,
 * are ignored. Bytes that cannot be read are torn (never acknowledged) unless something behind them proves that they
 * had been synced.
 *
 * Yields accepted records in order, those of a chunk at a time; memory is a chunk, or the longest line.
 */
export async function* followJournal(
  file: DiskFile,
  origin: number,
  start: JournalPosition,
): AsyncGenerator<AcceptedCommit[], JournalScan> {
  const chain = new Chain(start);
  let end = start.offset;
  let bad: number | undefined;
  let detail: string | undefined;
  let resumeAt: number | undefined = start.offset;
  const slice = new TimeSlice();

  while (resumeAt !== undefined) {
    const from: number = resumeAt;
    resumeAt = undefined;
    for await (const lines of readLines(file, from - origin, Infinity, CHECKED_FROM)) {
      const accepted: AcceptedCommit[] = [];
      for (const line of lines) {
        const offset = line.offset + origin;
        end = offset + line.bytes.length + (line.whole ? 1 : 0);
        if (line.bytes.length === 0) continue;
        if (slice.isOver) await slice.next();
        const record = line.whole ? decodeRecord(line.bytes, line.checksum) : undefined;
        if (bad !== undefined) {
          if (record?.kind === "torn" && record.from === bad && record.to <= offset) {
            bad = undefined;
            detail = undefined;
            resumeAt = record.to;
            break;
          }
          if (record !== undefined && syncedBefore(record, offset) > bad) {
            detail ??= `the journal is damaged at byte ${bad - origin}, behind revision ${chain.position.revision}`;
          }
          continue;
        }
        if (record === undefined) {
          bad = offset;
        } else if (record.kind === "document") {
          chain.note(record, offset);
        } else if (record.kind === "listing") {
          chain.listing = offset;
        } else if (record.kind === "commit") {
          const outcome = chain.add(record, offset, end);
          if (outcome === "accepted") accepted.push({ record, line: line.bytes, offset });
          if (outcome !== "gap") continue;
          bad = offset;
          detail = `the journal goes from revision ${chain.position.revision} to ${record.revision} at byte ${offset - origin}`;
        }
      }
      if (accepted.length > 0) yield accepted;
      if (resumeAt !== undefined) break;
    }
  }
  return {
    ...chain.result(),
    end,
    tornFrom: detail === undefined ? bad : undefined,
    damage: detail === undefined || bad === undefined ? undefined : { from: bad, detail },
  };
}

/** Everything before the returned offset was synced when the record at `offset` was written. */
function syncedBefore(record: NonNullable<ReturnType<typeof decodeRecord>>, offset: number): number {
  if (record.kind === "commit") return record.synced ?? offset;
  if (record.kind === "document") return record.synced;
  return record.kind === "settled" ? record.offset : 0;
}

/** The accepted records, and what they say of the session. */
class Chain {
  position: JournalPosition;
  /** Offset of a listing record behind the last commit. */
  listing: number | undefined;
  #last: CommitRecord | undefined;
  #lastOffset: number;
  #mark: DocumentMark | undefined;
  #checkpoint = 0;
  #foreign: string | undefined;
  /** Checksums of records that lost against another of their revision, or follow one that did. */
  #lost: Set<string> | undefined;

  constructor(start: JournalPosition) {
    this.position = start;
    this.#lastOffset = start.offset;
  }

  /** @returns "gap" when records before this one are missing. */
  add(record: CommitRecord, offset: number, end: number): "accepted" | "lost" | "gap" {
    const { life, revision, checksum } = this.position;
    const isNext =
      record.life === life
        ? record.revision === revision + 1
        : record.life === life + 1 && record.revision === 1;
    if (isNext && record.previous === checksum) {
      this.#accept(record, offset, end);
      return "accepted";
    }
    const isOld = record.life < life || (record.life === life && record.revision <= revision + 1);
    if (!isOld && this.#lost?.has(record.previous) !== true) return "gap";
    (this.#lost ??= new Set()).add(record.checksum);
    return "lost";
  }

  #accept(record: CommitRecord, offset: number, end: number): void {
    const isNewLife = record.life > this.position.life;
    this.position = { offset: end, life: record.life, revision: record.revision, checksum: record.checksum };
    this.#last = record;
    this.#lastOffset = offset;
    this.listing = undefined;
    if (isNewLife || record.removed !== undefined || record.restored === true) {
      // What was in place before is not expected any more.
      this.#mark = undefined;
      this.#checkpoint = 0;
    }
    if (isNewLife) this.#foreign = undefined;
    // A restored session of format 1 may stand without its checkpoint for a moment.
    if (record.restored !== true) this.#checkpoint = Math.max(this.#checkpoint, record.checkpoint);
    if (record.foreign !== undefined) this.#foreign = record.foreign;
  }

  note(record: DocumentRecord, offset: number): void {
    if (record.stat === undefined) this.#checkpoint = Math.max(this.#checkpoint, record.revision);
    else this.#mark = { offset, record };
  }

  result(): Omit<JournalScan, "end" | "tornFrom" | "damage"> {
    return {
      position: this.position,
      last: this.#last,
      lastOffset: this.#lastOffset,
      listing: this.listing ?? this.#last?.listing ?? this.#lastOffset,
      mark: this.#mark,
      checkpoint: this.#checkpoint,
      foreign: this.#foreign,
      removed: this.#last?.removed,
    };
  }
}
