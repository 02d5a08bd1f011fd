import { EMPTY_HEAD, type SessionHead } from "../../../session/head.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { isSame, type Disk } from "../disk/disk.ts";
import type { SessionPaths } from "../disk/session-paths.ts";
import type { JournalPosition } from "../journal/follow-journal.ts";
import type { Journal } from "../journal/journal.ts";
import type { CommitRecord } from "../journal/record/record.ts";
import type { KnownDocument, SessionTail } from "../read/session-tail.ts";
import type { BatchBase, CommitBatch } from "./commit-batch.ts";
import type { OwnSave } from "./own-save.ts";
import { PreviewTracker } from "./preview-tracker.ts";

/** A session that is open for writing, as its files are; good as long as they are those that were last seen. */
export class OpenSession {
  readonly journal: Journal;
  readonly inode: bigint;
  /** The journal's time of change: inode numbers are used again. */
  modified: bigint;
  /** Logical offset of the journal's end. */
  end: number;
  /** Everything before this logical offset is synced. */
  synced: number;
  position: JournalPosition;
  /** The last commit, and its logical offset. */
  last: CommitRecord;
  lastOffset: number;
  /** The listed fields and the token count. */
  head: SessionHead;
  messageCount: number;
  updatedAt: string;
  /** Logical offset of the latest record that holds all listed fields. */
  listing: number;
  document: KnownDocument | undefined;
  preview = new PreviewTracker(false);

  /** Everything in the journal has been synced by the caller. */
  constructor({ journal, journalStat, scan, head, messageCount, updatedAt, listing, document }: SessionTail) {
    this.journal = journal;
    this.inode = journalStat.inode;
    this.modified = journalStat.modified;
    this.end = journal.header.origin + journalStat.size;
    this.synced = this.end;
    this.position = scan.position;
    this.last = scan.last;
    this.lastOffset = scan.lastOffset;
    this.head = head;
    this.messageCount = messageCount;
    this.updatedAt = updatedAt;
    this.listing = listing;
    this.document = document;
  }

  /** The session is in the trash: the next commit begins a new life. */
  get isRemoved(): boolean {
    return this.last.removed !== undefined;
  }

  /** What the next commit goes on from. */
  get base(): BatchBase {
    if (!this.isRemoved) return { ...this.#common(), earlier: this.journal.earlierOf(this.last) };
    return {
      ...this.#common(),
      position: { ...this.position, life: this.position.life + 1, revision: 0 },
      head: EMPTY_HEAD,
      messageCount: 0,
      listing: 0,
      document: undefined,
      updatedAt: undefined,
      earlier: this.lastOffset,
    };
  }

  #common(): Omit<BatchBase, "earlier"> {
    const { end, synced, position, head, messageCount, listing, document, updatedAt } = this;
    return { end, synced, position, head, messageCount, listing, document, updatedAt };
  }

  /** A batch was stored behind it. */
  moveOn(
    batch: CommitBatch,
    { isDurable, modified }: { readonly isDurable: boolean; readonly modified: bigint },
  ): void {
    if (this.isRemoved) this.document = undefined;
    this.end = batch.end;
    if (isDurable) this.synced = batch.end;
    this.modified = modified;
    this.position = batch.position;
    this.last = batch.last ?? this.last;
    this.lastOffset = batch.lastOffset;
    this.head = batch.head;
    this.messageCount = batch.messageCount;
    this.updatedAt = batch.updatedAt ?? this.updatedAt;
    this.listing = batch.listing;
  }

  /** A document was put in its place, and a record of that length appended, which is not synced by itself. */
  noteDocument(document: KnownDocument, length: number): void {
    this.document = document;
    this.end += length;
    this.modified = this.journal.stat().modified;
  }

  /** What a listing shows of it; `undefined` when that must be read. */
  asSaved(): OwnSave | undefined {
    // What lives before this one are in the trash, only reading the session tells.
    if (this.journal.earlierOf(this.last) !== undefined || this.isRemoved) return undefined;
    const { inode, modified, end, journal, document, position, updatedAt, head, messageCount, preview } =
      this;
    return {
      journal: { inode, modified, size: end - journal.header.origin },
      document: document?.stat,
      revision: position.revision,
      updatedAt,
      head,
      messageCount,
      preview,
    };
  }

  /** Logical offset of the journal's first record. */
  get begin(): number {
    return this.journal.begin.offset;
  }

  /** Whether the files are still those that it was made from. */
  isCurrent(disk: Disk, paths: SessionPaths, id: SessionId): boolean {
    const found = disk.stat(paths.journal(id));
    if (found?.inode !== this.inode || found.modified !== this.modified) return false;
    if (found.size + this.journal.header.origin !== this.end) return false;
    return isSame(disk.stat(paths.checkpoint(id)), this.document?.stat);
  }

  close(): void {
    this.journal.close();
  }
}
