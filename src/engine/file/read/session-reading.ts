import { CorruptSessionError, InvalidMessageError } from "../../../session/errors/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { DamagedCheckpoint } from "../checkpoint/checked-body.ts";
import type { Journal } from "../journal/journal.ts";
import type { MessageList } from "./messages/message-list.ts";
import type { Files, ReadHow, ReadTo, SessionReading } from "./reading.ts";
import { SessionFiles } from "./session-files.ts";
import { SessionReader } from "./session-reader.ts";

/** How often a session is read again that is removed, or whose files are replaced, while it is read. */
const TRIES = 50;

/**
 * Reads a session from its files into `list`. Takes no lock and changes nothing: a document is replaced as a whole, a
 * journal only grows. What is returned is one revision of one life. The caller closes `files`.
 * @param to the last commit to take in; default: all, and what somebody else changed.
 * @throws {CorruptSessionError | NewerFormatError}
 */
export async function readInto<List extends MessageList>(
  { disk, paths }: Files,
  id: SessionId,
  list: List,
  to?: ReadTo,
  how: ReadHow = "quick",
): Promise<SessionReading<List>> {
  for (let attempt = 1; ; attempt++) {
    const files = await SessionFiles.open(disk, paths, id);
    let isDone = false;
    try {
      list.clear();
      const reading = await new SessionReader(files, id, list, to, how).read();
      // What looks unusual may be that the files were replaced while they were read.
      const isSure = reading.reports.length === 0 && reading.document !== "left-over";
      isDone = isSure || attempt >= TRIES || files.areInPlace(disk, paths, id);
      if (isDone) return reading;
    } catch (error) {
      // What is wrong may be that the files are not those of one session: they were replaced while they were read.
      if (attempt >= TRIES || files.areInPlace(disk, paths, id)) throw asCorruption(id, error);
    } finally {
      if (!isDone) files.close();
    }
  }
}

/**
 * Reads what a journal alone says of a session, up to a commit that it holds.
 * @throws {CorruptSessionError}
 */
export async function readJournalInto<List extends MessageList>(
  journal: Journal,
  id: SessionId,
  list: List,
  to: ReadTo,
): Promise<SessionReading<List>> {
  list.clear();
  try {
    return await new SessionReader(SessionFiles.ofJournal(journal), id, list, to, "quick").read();
  } catch (error) {
    throw asCorruption(id, error);
  }
}

/** Text that has its checksum and is no JSON or no message was written so by someone: that session is damaged. */
function asCorruption(id: SessionId, error: unknown): unknown {
  const isContent =
    error instanceof SyntaxError ||
    error instanceof InvalidMessageError ||
    error instanceof DamagedCheckpoint ||
    error instanceof RangeError ||
    error instanceof TypeError;
  return isContent ? new CorruptSessionError(id, error.message, { cause: error }) : error;
}
