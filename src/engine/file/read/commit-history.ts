import { CorruptSessionError, SessionNotFoundError } from "../../../session/errors/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { sideLists } from "../../../session/side-lists.ts";
import type { StoredCommit } from "../../contract.ts";
import { historyBegins } from "../../give-up.ts";
import { TimeSlice } from "../disk/time-slice.ts";
import type { JournalPosition, JournalScan } from "../journal/follow-journal.ts";
import { Journal } from "../journal/journal.ts";
import type { CommitRecord } from "../journal/record/record.ts";
import { messagesOf, setOf, sideOf } from "../journal/record/record-content.ts";
import { commitsBackward } from "./messages/backward-places.ts";
import { UnusualJournal } from "./messages/place-reader.ts";
import type { Files } from "./reading.ts";

/**
 * The durable commits of a session's current life behind revision `after`, oldest first; memory is a chunk, or the
 * longest line.
 * @throws {SessionNotFoundError | CorruptSessionError}
 * @throws {InvalidArgumentError} when the journal begins behind `after`.
 */
export async function* readCommits(
  { disk, paths }: Files,
  id: SessionId,
  after: number,
): AsyncGenerator<StoredCommit> {
  const found = Journal.open(disk, paths, id, "read");
  if (found.kind === "absent") throw new SessionNotFoundError(id);
  if (found.kind === "unusable") throw new CorruptSessionError(id, found.detail);
  const { journal } = found;
  try {
    const end = await durableEnd(journal);
    const tail = journal.tail();
    const life = tail?.position.life ?? (await journal.scan(journal.begin)).position.life;
    const { header } = journal;
    if (life === header.life && after > 0 && after < header.revision) {
      throw historyBegins(id, header.revision);
    }
    const following = journal.follow(await positionBehind(journal, tail, after));
    const slice = new TimeSlice();
    for (;;) {
      const next = await following.next();
      if (next.done === true) {
        if (next.value.damage !== undefined) throw new CorruptSessionError(id, next.value.damage.detail);
        return;
      }
      for (const { record, line, offset } of next.value) {
        // What came in meanwhile may not be durable yet; who waits for it is told of it again.
        if (offset + line.length >= end) return;
        if (slice.isOver) await slice.next();
        if (record.life === life && record.revision > after) yield storedCommit(record, line);
      }
    }
  } finally {
    journal.close();
  }
}

/**
 * Logical offset up to which a journal is on the disk. Another process may have written its end and still be waiting for
 * the disk; a sync by anyone settles that.
 */
async function durableEnd(journal: Journal): Promise<number> {
  const { end } = journal;
  try {
    await journal.sync("journal.sync-seen");
  } catch (error) {
    // Some systems sync only what is open for writing, some file systems not at all.
    if (!CANNOT_SYNC.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
  return end;
}

const CANNOT_SYNC = new Set(["EPERM", "EACCES", "EBADF", "EINVAL", "EROFS", "ENOTSUP"]);

/** Where the commits behind revision `after` begin; found from the journal's end, where they most often are. */
async function positionBehind(
  journal: Journal,
  tail: JournalScan | undefined,
  after: number,
): Promise<JournalPosition> {
  const { begin } = journal;
  if (tail === undefined || after === 0) return begin;
  const end = { ...tail.position, offset: tail.end };
  if (end.revision <= after) return end;
  try {
    for await (const { record, offset } of commitsBackward({ journal, begin, end })) {
      if (record.revision === after + 1)
        return { offset, life: record.life, revision: after, checksum: record.previous };
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
    messageCount: record.messageCount,
    isForeign: record.foreign === undefined ? undefined : true,
    removed: record.removed === undefined ? undefined : true,
  };
}
