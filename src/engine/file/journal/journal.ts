import { NewerFormatError } from "../../../session/errors/errors.ts";
import type { HeadChanges } from "../../../session/head.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { appendFully, appendFullyNow } from "../disk/append-fully.ts";
import type { Disk, DiskFile, FileStat, Step } from "../disk/disk.ts";
import { inMemory, isInMemory } from "../disk/file-in-memory.ts";
import { readLineNow, readLines, readLinesBackward, type Line } from "../disk/file-lines.ts";
import type { SessionPaths } from "../disk/session-paths.ts";
import { TimeSlice } from "../disk/time-slice.ts";
import { PackedFile } from "../packed/packed-file.ts";
import { followPacked } from "./follow-packed.ts";
import {
  followJournal,
  type AcceptedCommit,
  type DocumentMark,
  type JournalPosition,
  type JournalScan,
} from "./follow-journal.ts";
import { decodeRecord } from "./record/decode-record.ts";
import { FORMAT, type CommitRecord, type JournalHeader, type JournalRecord } from "./record/record.ts";
import { listedOf, setOf } from "./record/record-content.ts";
import { CHECKED_FROM } from "./record/record-line.ts";
import { readTail } from "./journal-tail.ts";
import { recoverHeader } from "./recover-header.ts";
import { letGo } from "../disk/let-go.ts";

/** Up to this many bytes are written without leaving the tick; more would hold up the event loop. */
const WRITTEN_AT_ONCE = 256 << 10;

/** A journal as it was found. */
export type FoundJournal =
  | { readonly kind: "absent" }
  | { readonly kind: "ok"; readonly journal: Journal }
  | { readonly kind: "unusable"; readonly detail: string };

/** What a journal is opened for. */
export type JournalUse = "read" | "glance" | "append";

/** A record and its line, without the newline. */
interface FoundRecord {
  readonly record: JournalRecord;
  readonly line: Buffer;
}

/**
 * A session's journal, open. It alone knows where records stand in the file: every offset that it takes or gives is
 * logical, as records and checkpoints name it.
 */
export class Journal {
  readonly header: JournalHeader;
  /** What is wrong with the first line, when it had to be made up from what else is known. */
  readonly headerDamage: string | undefined;
  readonly #file: DiskFile;
  readonly #packed: PackedFile | undefined;
  readonly #firstRecord: number;
  /** The record that was looked at last, in what does not change any more: fields and messages are in the same one. */
  #latest: { readonly offset: number; readonly found: FoundRecord } | undefined;

  private constructor(file: DiskFile, header: JournalHeader, firstRecord: number, headerDamage?: string) {
    this.#file = file;
    this.#packed = file instanceof PackedFile ? file : undefined;
    this.header = header;
    this.#firstRecord = firstRecord;
    this.headerDamage = headerDamage;
  }

  /**
   * Opens a session's journal; the caller closes it. To glance at it is to read it as it is now, and no further.
   * @throws {NewerFormatError | ZstdMissingError} and system errors.
   */
  static open(disk: Disk, paths: SessionPaths, id: SessionId, to: JournalUse): FoundJournal {
    return Journal.openAt(disk, paths.journal(id), id, to);
  }

  /** The same for a journal that does not stand in its place. */
  static openAt(disk: Disk, path: string, id: SessionId, to: JournalUse): FoundJournal {
    const stat = disk.stat(path);
    if (stat === undefined) return { kind: "absent" };
    if (stat.kind !== "file") return { kind: "unusable", detail: `the journal is ${kindName(stat)}` };
    const file = to === "append" ? disk.openToAppend(path) : disk.openToRead(path);
    if (file === undefined) return { kind: "absent" };
    try {
      const found = Journal.#in(to === "glance" ? inMemory(file) : file, id);
      if (found.kind !== "ok") letGo(file);
      return found;
    } catch (error) {
      letGo(file);
      throw error;
    }
  }

  /** The journal in a file that was just written, to be checked. */
  static in(file: DiskFile, id: SessionId): Journal | undefined {
    const found = Journal.#in(file, id);
    return found.kind === "ok" && found.journal.headerDamage === undefined ? found.journal : undefined;
  }

  static #in(file: DiskFile, id: SessionId): FoundJournal {
    const line = readLineNow(file, 0, LONGEST_HEADER);
    const record = line === undefined ? undefined : decodeRecord(line);
    if (line !== undefined && record?.kind === "header") {
      if (record.format > FORMAT) throw new NewerFormatError(id, record.format, FORMAT);
      if (record.session !== id)
        return { kind: "unusable", detail: `the journal belongs to session ${record.session}` };
      return { kind: "ok", journal: new Journal(file, record, line.length + 1) };
    }
    const packed = file instanceof PackedFile ? undefined : PackedFile.open(file, id);
    if (packed !== undefined) return Journal.#in(packed, id);
    const { size } = file.stat();
    if (size === 0) return { kind: "unusable", detail: "the journal is empty" };
    const recovered = recoverHeader(file, id);
    const detail = "the journal's first line cannot be read";
    if (recovered === undefined) return { kind: "unusable", detail };
    return { kind: "ok", journal: new Journal(file, recovered.header, recovered.firstRecord, detail) };
  }

  /** The place before the first record. */
  get begin(): JournalPosition {
    const { origin, life, revision, checksum } = this.header;
    return { offset: origin + this.#firstRecord, life, revision, checksum };
  }

  /** Of the file as it stands on the disk. */
  stat(): FileStat {
    return this.#packed?.onDisk ?? this.#file.stat();
  }

  /** It is to be unpacked before it is written to; no document stands beside it. */
  get isPacked(): boolean {
    return this.#packed !== undefined;
  }

  /** What of its packed form was found to be damaged so far. */
  get packedDamage(): string | undefined {
    return this.#packed?.damage;
  }

  /** Logical offset of the end of the file. */
  get end(): number {
    return this.header.origin + this.#file.stat().size;
  }

  /** The end of the journal where it is in order; a few reads, whatever its length. */
  tail(): JournalScan | undefined {
    if (this.headerDamage !== undefined) return undefined;
    const found = readTail(this.#file, this.header, this.isPacked);
    if (this.packedDamage !== undefined) return undefined;
    if (found !== undefined) this.#remember(found.last.offset, found.last);
    return found?.scan;
  }

  /** The same, read from the beginning where the end is not in order. */
  async ending(): Promise<JournalScan> {
    return this.tail() ?? (await this.scan(this.begin));
  }

  /** The accepted commits behind `start`, those of a chunk at a time. */
  follow(start: JournalPosition): AsyncGenerator<AcceptedCommit[], JournalScan> {
    const following = followJournal(this.#file, this.header.origin, start);
    return this.#packed === undefined ? following : followPacked(this.#packed, following);
  }

  /** `follow` to the end; `onCommit` is called for each accepted commit, in order. */
  async scan(start: JournalPosition, onCommit?: (commit: AcceptedCommit) => void): Promise<JournalScan> {
    const following = this.follow(start);
    const slice = new TimeSlice();
    for (;;) {
      const next = await following.next();
      if (next.done === true) return next.value;
      for (const commit of next.value) {
        onCommit?.(commit);
        if (slice.isOver) await slice.next();
      }
    }
  }

  /** All lines between two offsets that lie between two lines, whether they count or not. */
  async *lines(from: number, to = Infinity): AsyncGenerator<(Line & { readonly offset: number })[]> {
    const { origin } = this.header;
    for await (const lines of readLines(this.#file, from - origin, to - origin, CHECKED_FROM))
      yield lines.map((line) => ({ ...line, offset: line.offset + origin }));
  }

  /** The same, the last line first, without their newlines. */
  linesBackward(from: number, to: number): AsyncGenerator<Buffer[]> {
    return readLinesBackward(this.#file, from - this.header.origin, to - this.header.origin);
  }

  /** The record at an offset, and its line. */
  recordAt(offset: number): FoundRecord | undefined {
    if (this.#latest?.offset === offset) return this.#latest.found;
    const at = offset - this.header.origin;
    if (at < this.#firstRecord) return undefined;
    const line = readLineNow(this.#file, at);
    const record = line === undefined ? undefined : decodeRecord(line);
    if (line === undefined || record === undefined) return undefined;
    const found = { record, line };
    this.#remember(offset, found);
    return found;
  }

  /**
   * Where the tombstone of the life before stands that a commit names; `undefined` when there is none, or that life was
   * removed for good: the journal begins behind it.
   */
  earlierOf(commit: CommitRecord | undefined): number | undefined {
    const at = commit?.earlier;
    return at !== undefined && at >= this.begin.offset ? at : undefined;
  }

  #remember(offset: number, found: FoundRecord): void {
    if (isInMemory(this.#file)) this.#latest = { offset, found };
  }

  /** The bytes at an offset; fewer than asked for when the journal ends before. */
  bytesAt(offset: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    return bytes.subarray(0, this.#file.readNow(bytes, offset - this.header.origin));
  }

  /** The fields that a listing shows, in the record at an offset. */
  listedAt(offset: number): HeadChanges | undefined {
    const found = this.recordAt(offset);
    if (found?.record.kind === "listing") return listedOf(found.line);
    return found?.record.kind === "commit" ? setOf(found.line, found.record) : undefined;
  }

  /** What the journal says of the document in place, as of a scan. */
  markOf(scan: Pick<JournalScan, "mark" | "last">): DocumentMark | undefined {
    if (scan.mark !== undefined) return scan.mark;
    const offset = scan.last?.document;
    const record = offset === undefined ? undefined : this.recordAt(offset)?.record;
    return offset !== undefined && record?.kind === "document" ? { offset, record } : undefined;
  }

  append(bytes: Uint8Array, step: Step): Promise<void> | undefined {
    if (bytes.length > WRITTEN_AT_ONCE) return appendFully(this.#file, bytes, step);
    appendFullyNow(this.#file, bytes, step);
    return undefined;
  }

  sync(step: Step): Promise<void> {
    return this.#file.sync(step);
  }

  /**
   * Takes back bytes that a failed write left at the end; true when the journal ends at `offset` again, for certain: a
   * power cut could bring back what was cut off in memory only.
   */
  async rollBack(offset: number, bytes: Buffer): Promise<boolean> {
    const start = offset - this.header.origin;
    try {
      const { size } = this.#file.stat();
      // What is not ours is not cut off: someone may have written in spite of the lock.
      const found = Buffer.alloc(Math.min(Math.max(size - start, 0), bytes.length + 1));
      const isOurs =
        this.#file.readNow(found, start) === found.length && bytes.subarray(0, found.length).equals(found);
      if (isOurs && found.length > 0) {
        this.#file.truncate(start, "journal.roll-back");
        await this.#file.sync("journal.roll-back");
      }
      return this.#file.stat().size === start;
    } catch {
      // What is left is an incomplete line, or unacknowledged ones: the next to open the session deals with them.
      return false;
    }
  }

  /** Cuts off everything from an offset on. */
  cut(offset: number, step: Step): void {
    this.#file.truncate(offset - this.header.origin, step);
  }

  /** Copies the bytes between two offsets, in chunks. */
  async *copy(from: number, to: number): AsyncGenerator<Buffer> {
    for (let at = from; at < to;) {
      const bytes = Buffer.allocUnsafe(Math.min(COPIED_AT_ONCE, to - at));
      const count = await this.#file.read(bytes, at - this.header.origin);
      if (count === 0) throw new Error("the journal shrank while it was copied");
      yield bytes.subarray(0, count);
      at += count;
    }
  }

  close(): void {
    letGo(this.#file);
  }
}

const LONGEST_HEADER = 4096;
const COPIED_AT_ONCE = 1 << 20;

/** What stands in place of a file, for a sentence. */
export function kindName({ kind }: FileStat): string {
  return kind === "directory" ? "a directory" : kind === "link" ? "a symbolic link" : "not a file";
}
