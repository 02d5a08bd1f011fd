import { listedFromDocument } from "../../../session/document.ts";
import { EMPTY_HEAD, type HeadChanges, type SessionHead } from "../../../session/head.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { readCheckpointHeader, type CheckpointHeader } from "../checkpoint/checkpoint-reader.ts";
import type { Disk, DiskFile, FileStat } from "../disk/disk.ts";
import { NewerFormatError } from "../../../session/errors.ts";
import {
  readJournalHeader,
  readTail,
  type JournalHeaderLine,
  type JournalScan,
} from "../journal/journal-reader.ts";
import { readLineNow } from "../disk/file-lines.ts";
import { decodeRecord, FORMAT, setOf } from "../journal/journal-record.ts";
import type { SessionPaths } from "../disk/session-paths.ts";

/** A checkpoint that is in place. */
export interface KnownCheckpoint {
  readonly stat: FileStat;
  readonly revision: number;
  /** Logical offset behind what it covers. */
  readonly offset: number;
  /** Bytes of all checkpoints so far, this one included. */
  readonly written: number;
}

/** The end of a session: what a commit and a listing need, and nothing that grows with the session. */
export interface SessionTail {
  readonly journal: JournalHeaderLine;
  readonly journalStat: FileStat;
  readonly scan: JournalScan;
  readonly checkpoint: KnownCheckpoint | undefined;
  /** The listed fields and the token count; the others are those of an empty head. */
  readonly head: SessionHead;
  readonly messageCount: number;
  readonly updatedAt: string;
  /** Logical offset of the latest record that holds all listed fields; before the checkpoint's when it holds them. */
  readonly listing: number;
}

/**
 * Reads a session's end with a few small reads, whatever its size. `undefined` when anything about its files is
 * unusual (a torn end, a document of someone else's, a missing file): then `readSession` has to tell.
 * @throws {NewerFormatError}
 */
export function readSessionTail(
  disk: Disk,
  paths: SessionPaths,
  id: SessionId,
  file: DiskFile,
): SessionTail | undefined {
  const journal = readJournalHeader(file);
  if (journal === undefined) return undefined;
  const { header } = journal;
  if (header.format > FORMAT) throw new NewerFormatError(id, header.format, FORMAT);
  if (header.session !== id) return undefined;
  const journalStat = file.stat();
  const scan = readTail(file, header);
  if (scan?.last === undefined || scan.removed !== undefined) return undefined;
  const found = readListingHeader(disk, paths.checkpoint(id));
  if (found === "unusual" || (found === undefined && scan.checkpoint > 0)) return undefined;
  if (found !== undefined) {
    const { header: checkpoint } = found;
    if (checkpoint.id !== id || checkpoint.revision > scan.position.revision) return undefined;
    const { journalOffset } = checkpoint;
    if (journalOffset > scan.end || journalOffset < header.origin + journal.length) return undefined;
  }
  const listing = scan.last.listing ?? scan.lastOffset;
  const listed =
    found !== undefined && listing < found.header.journalOffset
      ? listedFromDocument(found.header.document)
      : listedAt(file, listing - header.origin);
  if (listed === undefined) return undefined;
  return {
    journal,
    journalStat,
    scan,
    checkpoint: found === undefined ? undefined : knownCheckpoint(found.header, found.stat),
    head: Object.freeze({ ...EMPTY_HEAD, ...listed, tokenCount: scan.last.tokenCount }),
    messageCount: scan.last.messageCount,
    updatedAt: scan.last.at,
    listing,
  };
}

export function knownCheckpoint(header: CheckpointHeader, stat: FileStat): KnownCheckpoint {
  return {
    stat,
    revision: header.revision,
    offset: header.journalOffset,
    written: header.written + stat.size,
  };
}

function readListingHeader(
  disk: Disk,
  path: string,
): { header: CheckpointHeader; stat: FileStat } | "unusual" | undefined {
  const stat = disk.stat(path);
  if (stat === undefined) return undefined;
  if (stat.kind !== "file") return "unusual";
  const file = disk.openToRead(path);
  if (file === undefined) return undefined;
  try {
    const header = readCheckpointHeader(file, "listing");
    return header === undefined ? "unusual" : { header, stat: file.stat() };
  } finally {
    file.close();
  }
}

function listedAt(file: DiskFile, offset: number): HeadChanges | undefined {
  const line = readLineNow(file, offset);
  const record = line === undefined ? undefined : decodeRecord(line);
  return line !== undefined && record?.kind === "commit" ? setOf(line, record) : undefined;
}
