import {
  CorruptSessionError,
  InvalidMessageError,
  SessionNotFoundError,
} from "../../../../session/errors/errors.ts";
import { parseMessage } from "../../../../session/message.ts";
import type { SessionId } from "../../../../session/session-id.ts";
import type { MessageRange, PositionedMessage } from "../../../contract.ts";
import { rangeOf } from "../../../list-query.ts";
import { DamagedCheckpoint } from "../../checkpoint/checked-body.ts";
import { TimeSlice } from "../../disk/time-slice.ts";
import { MessagePlaces } from "./message-places.ts";
import { textsFromTail, textsOfPlaces, type MessageTexts } from "./message-texts.ts";
import { openTail } from "../open-tail.ts";
import { UnusualJournal } from "./place-reader.ts";
import type { Files, ReadTo } from "../reading.ts";
import { readInto, readJournalInto } from "../session-reading.ts";

/** Which messages are read, and the next one. */
interface Progress {
  readonly start: number;
  readonly end: number;
  readonly reverse: boolean;
  next: number;
}

/**
 * The messages of a session at the revision that is current when reading begins. Memory is a chunk, or the longest
 * message; what is read of the journal is as much as was written since the first message of the range.
 * @throws {SessionNotFoundError | CorruptSessionError | NewerFormatError | InvalidArgumentError}
 */
export async function* streamMessages(
  files: Files,
  id: SessionId,
  range: MessageRange,
): AsyncGenerator<PositionedMessage> {
  let progress: Progress | undefined;
  let at: ReadTo | undefined;
  const open = await openTail(files, id);
  if (open !== undefined) {
    at = open.tail.scan.position;
    const texts = textsFromTail(open.tail, open.checkpoint);
    progress = progressOf(range, texts.count);
    try {
      yield* positioned(texts, progress);
      return;
    } catch (error) {
      if (!isUnusual(error)) throw error;
    } finally {
      open.close();
    }
  }
  // Something is out of order: follow the journal forward, and go on behind what was handed out.
  const places = new MessagePlaces();
  const reading = await readInto(files, id, places, at);
  try {
    const { session, source } = reading;
    if (session === undefined) throw new SessionNotFoundError(id);
    progress ??= progressOf(range, places.count);
    try {
      yield* positioned(textsOfPlaces(source, places), progress);
      return;
    } catch (error) {
      if (!isUnusual(error) || source.journal === undefined) throw asCorrupt(id, error);
    }
    // A part of the checkpoint is damaged: the journal has all of it.
    await readJournalInto(source.journal, id, places, session);
    try {
      yield* positioned(textsOfPlaces(source, places), progress);
    } catch (error) {
      throw asCorrupt(id, error);
    }
  } finally {
    reading.files.close();
  }
}

/** Where nothing else can tell better, what cannot be read is damage. */
function asCorrupt(id: SessionId, error: unknown): unknown {
  return isUnusual(error) ? new CorruptSessionError(id, (error as Error).message, { cause: error }) : error;
}

function progressOf(range: MessageRange, count: number): Progress {
  const { start, end, reverse } = rangeOf(range, count);
  return { start, end: Math.max(start, end), reverse, next: reverse ? Math.max(start, end) : start };
}

/** What of the range is left, message by message; the event loop gets a turn in between. */
export async function* positioned(
  texts: MessageTexts,
  progress: Progress,
): AsyncGenerator<PositionedMessage> {
  const { start, end, reverse } = progress;
  const slice = new TimeSlice();
  const batches = texts.read(reverse ? start : progress.next, reverse ? progress.next : end, reverse);
  for await (const batch of batches) {
    for (const text of batch) {
      if (slice.isOver) await slice.next();
      const message = parseMessage(text.toString("utf8"));
      yield { position: reverse ? --progress.next : progress.next++, message };
    }
  }
  if (progress.next !== (reverse ? start : end))
    throw new UnusualJournal(`message ${progress.next} is missing`);
}

/** What another way of reading may do better, or tell better. */
export function isUnusual(error: unknown): boolean {
  return (
    error instanceof UnusualJournal ||
    error instanceof DamagedCheckpoint ||
    error instanceof SyntaxError ||
    error instanceof InvalidMessageError
  );
}
