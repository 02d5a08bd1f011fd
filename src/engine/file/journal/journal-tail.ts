import type { DiskFile } from "../disk/disk.ts";
import type { DocumentMark, JournalScan } from "./follow-journal.ts";
import { decodeRecord } from "./record/decode-record.ts";
import type { CommitRecord, JournalHeader, TornRecord } from "./record/record.ts";

const SMALL = 16 << 10;
/** From here on a read that was too short is only doubled: what is read may have to be unpacked. */
const LARGE = 1 << 20;
/** Records that are not known to be synced are followed back over at most this many bytes. */
const MOST_UNSYNCED = 8 << 20;
const NEWLINE = 0x0a;

/** The end of a journal, and its last commit as it stands there. */
export interface JournalEnd {
  readonly scan: JournalScan;
  readonly last: { readonly record: CommitRecord; readonly offset: number; readonly line: Buffer };
}

/**
 * The end of a journal that is in order there, from a few reads at its tail whatever its length. The end is trusted
 * when its records chain back, without a gap, to one that was synced before the last was written: what a power cut
 * can leave out lies in between.
 * @param isSynced nothing of it can have been left out: its last record, where it says that the journal ends, is enough.
 * @returns `undefined` when anything looks unusual; then `followJournal` has to tell.
 */
export function readTail(file: DiskFile, header: JournalHeader, isSynced = false): JournalEnd | undefined {
  const { size } = file.stat();
  for (let want = SMALL; ; want *= want < LARGE ? 8 : 2) {
    const from = Math.max(size - want, 0);
    const bytes = Buffer.allocUnsafe(size - from);
    if (file.readNow(bytes, from) !== bytes.length || bytes.at(-1) !== NEWLINE) return undefined;
    const found = new TailReader(bytes, from, header, isSynced).read();
    if (found !== "more") return found;
    if (from === 0) return undefined;
  }
}

class TailReader {
  readonly #bytes: Buffer;
  readonly #from: number;
  readonly #header: JournalHeader;
  readonly #isSynced: boolean;
  #last: JournalEnd["last"] | undefined;
  #mark: DocumentMark | undefined;
  #checkpoint = 0;
  #listing: number | undefined;
  /** Checksum of the last commit that counts, where a record behind it says so. */
  #expected: string | undefined;
  /** Whoever wrote what counts as last had read everything before this logical offset, and synced it. */
  #known = 0;
  /** Bytes that were set aside. */
  readonly #torn: TornRecord[] = [];
  /** The oldest record that was reached. */
  #oldest: CommitRecord | undefined;

  constructor(bytes: Buffer, from: number, header: JournalHeader, isSynced: boolean) {
    this.#bytes = bytes;
    this.#from = from;
    this.#header = header;
    this.#isSynced = isSynced;
  }

  read(): JournalEnd | undefined | "more" {
    const bytes = this.#bytes;
    const shift = this.#from + this.#header.origin;
    for (let end = bytes.length - 1; ;) {
      const newline = end <= 0 ? -1 : bytes.lastIndexOf(NEWLINE, end - 1);
      if (newline < 0 && this.#from > 0) return "more";
      const offset = shift + newline + 1;
      // An empty line means nothing.
      const result = end > newline + 1 ? this.#takeLine(bytes.subarray(newline + 1, end), offset) : "go on";
      if (result !== "go on") return result;
      // Torn bytes end where a line begins, or with the newline before it.
      const torn = this.#torn.find(({ to }) => to === offset || to === offset - 1);
      if (newline < 0 && torn === undefined) return undefined;
      const isOnlyLast = this.#last === undefined || this.#oldest === this.#last.record;
      if (bytes.length - newline > MOST_UNSYNCED && !isOnlyLast) return undefined;
      // What was torn was never committed; the line before it ends just there.
      end = torn === undefined ? newline : torn.from - shift - 1;
      if (end < 0) return this.#from > 0 ? "more" : undefined;
    }
  }

  #takeLine(line: Buffer, offset: number): JournalEnd | undefined | "go on" {
    const record = decodeRecord(line);
    switch (record?.kind) {
      case "torn":
        this.#torn.push(record);
        return "go on";
      case "document":
        this.#noteDocument(record, offset);
        return "go on";
      case "settled":
        if (record.offset === offset && this.#last === undefined && this.#expected === undefined) {
          this.#expected = record.checksum;
          this.#known = offset;
        }
        return "go on";
      case "listing":
        if (this.#last === undefined) this.#listing ??= offset;
        return "go on";
      case "commit":
        if (this.#isNext(record)) return this.#take(record, offset, line) ? this.#result() : "go on";
        // It lost against another, and whoever wrote what counts as last knew that.
        return offset < this.#known ? "go on" : undefined;
      case "header":
        return this.#isNext(record) && this.#last !== undefined ? this.#result() : undefined;
      case undefined:
        return undefined;
    }
  }

  #noteDocument(record: DocumentMark["record"], offset: number): void {
    if (this.#last !== undefined) return;
    if (record.stat === undefined) this.#checkpoint = Math.max(this.#checkpoint, record.revision);
    else this.#mark ??= { offset, record };
  }

  /** Whether a record is the one that counts as last, or that the oldest so far names as its predecessor. */
  #isNext(record: CommitRecord | JournalHeader): boolean {
    const next = this.#oldest;
    if (next === undefined) return this.#expected === undefined || record.checksum === this.#expected;
    if (record.checksum !== next.previous) return false;
    return record.life === next.life
      ? record.revision === next.revision - 1
      : record.life === next.life - 1 && next.revision === 1;
  }

  /** @returns whether the end is proved to be in order. */
  #take(record: CommitRecord, offset: number, line: Buffer): boolean {
    const isLast = this.#last === undefined;
    this.#last ??= { record, offset, line };
    this.#oldest = record;
    if (isLast && this.#isSynced && this.#expected !== undefined) return true;
    if (isLast && this.#expected === undefined) this.#known = record.synced ?? offset;
    return !isLast && offset < this.#known;
  }

  #result(): JournalEnd | undefined {
    const last = this.#last;
    if (last === undefined) return undefined;
    const { record, offset } = last;
    const { life, revision, checksum } = record;
    const end = this.#from + this.#header.origin + this.#bytes.length;
    const isReset = record.removed !== undefined || record.restored === true;
    const scan: JournalScan = {
      position: { offset: end, life, revision, checksum },
      end,
      last: record,
      lastOffset: offset,
      listing: this.#listing ?? record.listing ?? offset,
      mark: this.#mark,
      checkpoint: isReset ? this.#checkpoint : Math.max(this.#checkpoint, record.checkpoint),
      foreign: record.foreign,
      removed: record.removed,
      tornFrom: undefined,
      damage: undefined,
    };
    return { scan, last };
  }
}
