import type { SessionId } from "../../../session/session-id.ts";
import { Checkpoint } from "../checkpoint/checkpoint.ts";
import { isSame, type Disk, type DiskFile, type FileStat } from "../disk/disk.ts";
import type { SessionPaths } from "../disk/session-paths.ts";
import { Journal, kindName, type FoundJournal } from "../journal/journal.ts";
import { letGo } from "../disk/let-go.ts";

/** A session's document as it was found. */
export type FoundDocument =
  | { readonly kind: "absent" }
  /** A checkpoint whose header is as we wrote it. */
  | {
      readonly kind: "ours";
      readonly checkpoint: Checkpoint;
      readonly file: DiskFile;
      readonly stat: FileStat;
    }
  /** Any other file: somebody else's, edited, or damaged. */
  | { readonly kind: "other"; readonly file: DiskFile; readonly stat: FileStat }
  /** No file. */
  | { readonly kind: "unusable"; readonly detail: string; readonly stat: FileStat };

/** A session's two files, open. */
export class SessionFiles {
  readonly document: FoundDocument;
  readonly journal: FoundJournal;

  private constructor(document: FoundDocument, journal: FoundJournal) {
    this.document = document;
    this.journal = journal;
  }

  /**
   * Opens both for reading; the document first: whatever it covers, the journal that is opened after it has as well.
   * @throws {NewerFormatError} and system errors.
   */
  static async open(disk: Disk, paths: SessionPaths, id: SessionId): Promise<SessionFiles> {
    const document = await openDocument(disk, paths, id);
    try {
      return new SessionFiles(document, Journal.open(disk, paths, id, "read"));
    } catch (error) {
      closeDocument(document);
      throw error;
    }
  }

  /** A journal without a document; whoever opened it closes it. */
  static ofJournal(journal: Journal): SessionFiles {
    return new SessionFiles({ kind: "absent" }, { kind: "ok", journal });
  }

  /** Whether the files that were opened still stand in their places. */
  areInPlace(disk: Disk, paths: SessionPaths, id: SessionId): boolean {
    const { document, journal } = this;
    const was = "stat" in document ? document.stat : undefined;
    if (!isSame(disk.stat(paths.checkpoint(id)), was)) return false;
    const now = disk.stat(paths.journal(id));
    if (journal.kind === "ok") return journal.journal.stat().inode === now?.inode;
    return journal.kind === "unusable" || now === undefined;
  }

  close(): void {
    closeDocument(this.document);
    if (this.journal.kind === "ok") this.journal.journal.close();
  }
}

async function openDocument(disk: Disk, paths: SessionPaths, id: SessionId): Promise<FoundDocument> {
  const path = paths.checkpoint(id);
  const found = disk.stat(path);
  if (found === undefined) return { kind: "absent" };
  if (found.kind !== "file")
    return { kind: "unusable", detail: `the checkpoint is ${kindName(found)}`, stat: found };
  const file = disk.openToRead(path);
  if (file === undefined) return { kind: "absent" };
  try {
    const stat = file.stat();
    const checkpoint = await Checkpoint.open(file, id);
    return checkpoint === undefined
      ? { kind: "other", file, stat }
      : { kind: "ours", checkpoint, file, stat };
  } catch (error) {
    letGo(file);
    throw error;
  }
}

function closeDocument(document: FoundDocument): void {
  if ("file" in document) letGo(document.file);
}
