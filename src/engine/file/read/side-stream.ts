import { CorruptSessionError, SessionNotFoundError } from "../../../session/errors/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { SideItem, SideRange } from "../../contract.ts";
import { sideRangeOf } from "../../list-query.ts";
import type { JournalPosition } from "../journal/follow-journal.ts";
import { MessagePlaces } from "./messages/message-places.ts";
import { isUnusual } from "./messages/message-stream.ts";
import { openTail, type OpenTail } from "./open-tail.ts";
import type { PlaceSource } from "./messages/place-reader.ts";
import type { Files } from "./reading.ts";
import { readInto } from "./session-reading.ts";
import { entryIn, readSideLines, sideLineStart } from "./side-lines.ts";

interface Progress {
  next: number;
  left: number;
}

/**
 * Items of a session's side lists, at the revision that is current when reading begins. Memory is a chunk, or the
 * longest item.
 * @throws {SessionNotFoundError | CorruptSessionError | NewerFormatError | InvalidArgumentError}
 */
export async function* streamSideItems(
  files: Files,
  id: SessionId,
  range: SideRange,
): AsyncGenerator<SideItem> {
  const { from, limit } = sideRangeOf(range);
  const progress = { next: from, left: limit };
  const open = await openTail(files, id);
  if (open !== undefined) {
    const { tail, checkpoint } = open;
    try {
      const source = { checkpoint, journal: tail.journal };
      yield* itemsOf(readSideLines(source, beginOf(open), tail.scan.position), range, progress);
      return;
    } catch (error) {
      if (!isUnusual(error)) throw error;
    } finally {
      open.close();
    }
  }
  // Something is out of order: reading the session whole tells what counts.
  yield* itemsOfWhole(files, id, range, progress);
}

function beginOf({ tail, checkpoint }: OpenTail): JournalPosition {
  if (checkpoint === undefined) return tail.journal.begin;
  const { journalOffset, life, revision, journalChecksum } = checkpoint.header;
  return { offset: journalOffset, life, revision, checksum: journalChecksum };
}

async function* itemsOf(
  batches: AsyncIterable<Buffer[]>,
  { list }: SideRange,
  progress: Progress,
): AsyncGenerator<SideItem> {
  const start = list === undefined ? undefined : sideLineStart(list);
  let position = 0;
  for await (const lines of batches) {
    for (const line of lines) {
      const at = position++;
      if (at < progress.next) continue;
      if (progress.left === 0) return;
      progress.next = at + 1;
      if (start !== undefined && !line.subarray(0, start.length).equals(start)) continue;
      const [name, item] = entryIn(line);
      progress.left--;
      yield { position: at, list: name, item };
    }
  }
}

async function* itemsOfWhole(
  files: Files,
  id: SessionId,
  range: SideRange,
  progress: Progress,
): AsyncGenerator<SideItem> {
  const reading = await readInto(files, id, new MessagePlaces());
  try {
    const { session, own, begin, source, foreign } = reading;
    if (session === undefined) throw new SessionNotFoundError(id);
    if (own !== undefined) {
      yield* itemsOf(linesOf(source, begin, own.position), range, progress);
      return;
    }
    // A document of someone else's alone.
    const { accepts } = sideRangeOf(range);
    for (const [position, [list, item]] of (foreign?.document.side ?? []).entries()) {
      if (position < progress.next || !accepts(list) || progress.left === 0) continue;
      progress.left--;
      yield { position, list, item };
    }
  } catch (error) {
    if (isUnusual(error)) throw new CorruptSessionError(id, (error as Error).message, { cause: error });
    throw error;
  } finally {
    reading.files.close();
  }
}

function linesOf(
  source: PlaceSource,
  begin: JournalPosition | undefined,
  to: JournalPosition,
): AsyncGenerator<Buffer[]> {
  return readSideLines(begin === undefined ? { ...source, journal: undefined } : source, begin ?? to, to);
}
