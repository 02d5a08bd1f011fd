import type { DiskFile } from "../disk/disk.ts";
import { readLines } from "../disk/file-lines.ts";
import { decodeRecord, type CommitRecord, type JournalHeader } from "./journal-record.ts";
import { TimeSlice } from "../disk/time-slice.ts";

/** A position in a journal between two records: what the next one must follow. */
export interface JournalPosition {
  /** Logical offset behind the last accepted record. */
  readonly offset: number;
  readonly revision: number;
  readonly checksum: string;
}

export interface JournalScan {
  /** Behind the last accepted commit. */
  readonly position: JournalPosition;
  /** Logical offset of the end of the file. */
  readonly end: number;
  readonly last: CommitRecord | undefined;
  /** Logical offset of `last`. */
  readonly lastOffset: number;
  /** The latest checkpoint that the journal knows of; 0 for none. */
  readonly checkpoint: number;
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

/** `followJournal` to its end; `onCommit` is called for each accepted record, in order. */
export async function scanJournal(
  file: DiskFile,
  origin: number,
  start: JournalPosition,
  onCommit: (record: CommitRecord, line: Buffer, offset: number) => void,
): Promise<JournalScan> {
  const following = followJournal(file, origin, start);
  const slice = new TimeSlice();
  for (;;) {
    const next = await following.next();
    if (next.done === true) return next.value;
    for (const { record, line, offset } of next.value) {
      onCommit(record, line, offset);
      if (slice.isOver) await slice.next();
    }
  }
}

/**
 * Follows the records from `start`, which must lie between two lines. A record is accepted when it follows the one
 * before by revision and checksum; the first of a revision wins, later ones are ignored. A stretch that cannot be
 * read is torn (never acknowledged) unless something behind it proves that it had been synced.
 *
 * Yields accepted records in order, those of a chunk at a time; memory is a chunk, or the longest line.
 */
export async function* followJournal(
  file: DiskFile,
  origin: number,
  start: JournalPosition,
): AsyncGenerator<AcceptedCommit[], JournalScan> {
  let position = start;
  let end = start.offset;
  let last: CommitRecord | undefined;
  let lastOffset = start.offset;
  let checkpoint = 0;
  let removed: "gone" | "trash" | undefined;
  let bad: number | undefined;
  let detail: string | undefined;
  let resumeAt: number | undefined = start.offset;
  const slice = new TimeSlice();

  while (resumeAt !== undefined) {
    const from: number = resumeAt;
    resumeAt = undefined;
    for await (const lines of readLines(file, from - origin)) {
      const accepted: AcceptedCommit[] = [];
      for (const line of lines) {
        const offset = line.offset + origin;
        end = offset + line.bytes.length + (line.whole ? 1 : 0);
        if (line.bytes.length === 0) continue;
        if (slice.isOver) await slice.next();
        const record = line.whole ? decodeRecord(line.bytes, line.checksum) : undefined;
        if (bad !== undefined) {
          if (record?.kind === "torn" && record.from === bad) {
            bad = undefined;
            detail = undefined;
            resumeAt = record.to;
            break;
          }
          if (record?.kind === "commit" && (record.synced ?? offset) > bad) {
            detail ??= `the journal is damaged at byte ${bad - origin}, behind revision ${position.revision}`;
          }
          continue;
        }
        if (record === undefined) {
          bad = offset;
        } else if (record.kind === "checkpoint") {
          checkpoint = Math.max(checkpoint, record.revision);
        } else if (record.kind === "commit") {
          if (record.revision === position.revision + 1 && record.previous === position.checksum) {
            accepted.push({ record, line: line.bytes, offset });
            position = { offset: end, revision: record.revision, checksum: record.checksum };
            last = record;
            lastOffset = offset;
            // What was restored from the trash may stand without its checkpoint for a moment.
            checkpoint = record.restored === true ? 0 : Math.max(checkpoint, record.checkpoint);
            removed = record.removed;
          } else if (record.revision > position.revision + 1) {
            bad = offset;
            detail = `the journal goes from revision ${position.revision} to ${record.revision} at byte ${offset - origin}`;
          }
        }
      }
      if (accepted.length > 0) yield accepted;
      if (resumeAt !== undefined) break;
    }
  }
  return {
    position,
    end,
    last,
    lastOffset,
    checkpoint,
    removed,
    tornFrom: detail === undefined ? bad : undefined,
    damage: detail === undefined || bad === undefined ? undefined : { from: bad, detail },
  };
}

const SMALL_TAIL = 16 << 10;
const NEWLINE = 0x0a;

/**
 * The end of a journal that is in order there, from a few reads at its tail whatever its length: the last commit
 * and the one before it chain. `undefined` when anything looks unusual; then `scanJournal` has to tell.
 */
export function readTail(file: DiskFile, header: JournalHeader): JournalScan | undefined {
  const { origin } = header;
  const { size } = file.stat();
  for (let want = SMALL_TAIL; ; want *= 8) {
    const from = Math.max(size - want, 0);
    const tail = Buffer.allocUnsafe(size - from);
    if (file.readNow(tail, from) !== tail.length || tail.at(-1) !== NEWLINE) return undefined;
    let checkpoint = 0;
    let last: { record: CommitRecord; offset: number } | undefined;
    for (let end = tail.length - 1; ;) {
      const newline = end <= 0 ? -1 : tail.lastIndexOf(NEWLINE, end - 1);
      if (newline < 0 && from > 0) break;
      const record = decodeRecord(tail.subarray(newline + 1, end));
      if (record?.kind === "torn") {
        // Between the end of the torn bytes and this line, someone who ignored the lock may have written.
        if (record.to !== from + newline + origin) return undefined;
        // Whatever lies between was never committed; the line before it ends just there.
        end = record.from - origin - from - 1;
        if (end < 0 && from > 0) break;
        if (end < 0) return undefined;
        continue;
      }
      if (record?.kind === "checkpoint" && last === undefined) {
        checkpoint = Math.max(checkpoint, record.revision);
      } else if (record?.kind === "commit" && last === undefined) {
        last = { record, offset: from + newline + 1 };
      } else if (record?.kind !== "checkpoint") {
        const follows = record?.kind === "commit" || record?.kind === "header" ? record : undefined;
        if (last === undefined || follows?.revision !== last.record.revision - 1) return undefined;
        if (follows.checksum !== last.record.previous) return undefined;
        return tailScan(last.record, last.offset + origin, size + origin, checkpoint, header);
      }
      if (newline < 0) return undefined;
      end = newline;
    }
    if (from === 0) return undefined;
  }
}

function tailScan(
  last: CommitRecord,
  offset: number,
  end: number,
  checkpoint: number,
  header: JournalHeader,
): JournalScan | undefined {
  if (last.revision <= header.revision) return undefined;
  return {
    position: { offset: end, revision: last.revision, checksum: last.checksum },
    end,
    last,
    lastOffset: offset,
    checkpoint: Math.max(checkpoint, last.checkpoint),
    removed: last.removed,
    tornFrom: undefined,
    damage: undefined,
  };
}

const LONGEST_HEADER = 4096;

/** A journal's first line and its length, newline included. */
export interface JournalHeaderLine {
  readonly header: JournalHeader;
  readonly length: number;
}

/** A journal's first line; `undefined` when it cannot be read as one. */
export function readJournalHeader(file: DiskFile): JournalHeaderLine | undefined {
  const buffer = Buffer.alloc(LONGEST_HEADER);
  const start = buffer.subarray(0, file.readNow(buffer, 0));
  const end = start.indexOf(NEWLINE);
  if (end < 0) return undefined;
  const record = decodeRecord(start.subarray(0, end));
  return record?.kind === "header" ? { header: record, length: end + 1 } : undefined;
}
