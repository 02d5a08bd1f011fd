import { CorruptSessionError, InvalidArgumentError, SessionNotFoundError } from "../../../session/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { sideLists } from "../../../session/side-lists.ts";
import type { StoredCommit } from "../../contract.ts";
import type { FileContext } from "../disk/file-context.ts";
import { commitsBackward, UnusualJournal } from "./backward-pieces.ts";
import type { DiskFile } from "../disk/disk.ts";
import {
  followJournal,
  readJournalHeader,
  readTail,
  type JournalHeaderLine,
  type JournalPosition,
} from "../journal/journal-reader.ts";
import { messagesOf, setOf, sideOf, type CommitRecord } from "../journal/journal-record.ts";
import { TimeSlice } from "../disk/time-slice.ts";

/**
 * The durable commits of a session's journal behind revision `after`, oldest first; memory is a chunk, or the longest line.
 * @throws {SessionNotFoundError | CorruptSessionError}
 * @throws {InvalidArgumentError} when the journal begins behind `after`.
 */
export async function* readCommits(
  { disk, paths }: FileContext,
  id: SessionId,
  after: number,
): AsyncGenerator<StoredCommit> {
  const file = disk.openToRead(paths.journal(id));
  if (file === undefined) throw new SessionNotFoundError(id);
  try {
    const first = readJournalHeader(file);
    if (first === undefined) throw new CorruptSessionError(id, "the journal's first line cannot be read");
    const { header } = first;
    if (after > 0 && after < header.revision) {
      throw new InvalidArgumentError(
        `The history of session ${id} begins behind revision ${header.revision}.`,
      );
    }
    const durableEnd = header.origin + (await durableSize(file));
    const following = followJournal(file, header.origin, await positionBehind(file, first, after));
    const slice = new TimeSlice();
    for (;;) {
      const next = await following.next();
      if (next.done === true) {
        if (next.value.damage !== undefined) throw new CorruptSessionError(id, next.value.damage.detail);
        return;
      }
      for (const { record, line, offset } of next.value) {
        // What came in meanwhile may not be durable yet; who waits for it is told of it again.
        if (offset + line.length >= durableEnd) return;
        if (slice.isOver) await slice.next();
        if (record.revision > after) yield storedCommit(record, line);
      }
    }
  } finally {
    file.close();
  }
}

/**
 * How much of a journal is on the disk. Another process may have written its end and still be waiting for the disk;
 * a sync by anyone settles that.
 */
async function durableSize(file: DiskFile): Promise<number> {
  const { size } = file.stat();
  try {
    await file.sync("journal.sync-seen");
  } catch (error) {
    // Some systems sync only what is open for writing, some file systems not at all.
    if (!CANNOT_SYNC.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
  return size;
}

const CANNOT_SYNC = new Set(["EPERM", "EACCES", "EBADF", "EINVAL", "EROFS", "ENOTSUP"]);

/** Where the commits behind revision `after` begin; found from the journal's end, where they most often are. */
async function positionBehind(
  journal: DiskFile,
  { header, length }: JournalHeaderLine,
  after: number,
): Promise<JournalPosition> {
  const { origin, revision, checksum } = header;
  const begin = { offset: origin + length, revision, checksum };
  const tail = after === 0 ? undefined : readTail(journal, header);
  if (tail === undefined) return begin;
  const end = { ...tail.position, offset: tail.end };
  if (end.revision <= after) return end;
  try {
    const commits = commitsBackward({ journal, origin, begin, end, beginCount: 0 });
    for await (const { record, offset } of commits) {
      if (record.revision === after + 1) return { offset, revision: after, checksum: record.previous };
    }
  } catch (error) {
    if (!(error instanceof UnusualJournal)) throw error;
  }
  return begin;
}

function storedCommit(record: CommitRecord, line: Buffer): StoredCommit {
  return {
    revision: record.revision,
    tag: record.checksum,
    at: record.at,
    operationId: record.operation?.[0],
    splice: record.splice === undefined ? undefined : [...record.splice, messagesOf(line, record)],
    set: setOf(line, record),
    side: sideLists(sideOf(line, record)),
    tokenCount: record.tokenCount,
    removed: record.removed === undefined ? undefined : true,
  };
}
