import { CorruptSessionError, InvalidMessageError, SessionNotFoundError } from "../../../session/errors.ts";
import type { Json } from "../../../session/json.ts";
import { parsedMessage } from "../../../session/message.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { MessageRange, PositionedMessage } from "../../contract.ts";
import { rangeOf } from "../../list-query.ts";
import { piecesFromEnd, piecesOfRange, UnusualJournal, type BackwardStretch } from "./backward-pieces.ts";
import { readChecked, readCheckpointHeader } from "../checkpoint/checkpoint-reader.ts";
import { openState } from "../checkpoint/checkpoint-writer.ts";
import type { DiskFile } from "../disk/disk.ts";
import type { FileContext } from "../disk/file-context.ts";
import { readJournalHeader, readTail } from "../journal/journal-reader.ts";
import type { Piece } from "./message-pieces.ts";
import { readPieceBackward, readPieces, type PieceSource } from "./piece-reader.ts";
import { readSession } from "./session-reader.ts";
import { TimeSlice } from "../disk/time-slice.ts";

type Files = Pick<FileContext, "disk" | "paths">;

/** A checkpoint up to this size is checked before messages are read from it; a larger one is when it is loaded. */
const CHECKED_SIZE = 4 << 20;

/**
 * The messages of a session at the revision that is current when reading begins. Memory is a chunk, or the longest
 * message; what is read of the journal is as much as was written since the first message of the range.
 * @throws {SessionNotFoundError | CorruptSessionError | NewerFormatError | InvalidArgumentError}
 */
export async function* streamMessages(
  context: Files,
  id: SessionId,
  range: MessageRange,
): AsyncGenerator<PositionedMessage> {
  const opened: DiskFile[] = [];
  let done: { readonly bound: { start: number; end: number; reverse: boolean }; next: number } | undefined;
  let revision: number | undefined;
  try {
    const found = await openInOrder(context, id, opened);
    if (found !== undefined) {
      revision = found.stretch.end.revision;
      const bound = rangeOf(range, found.count);
      done = { bound, next: bound.reverse ? bound.end : bound.start };
      for await (const text of textsBetween(found, bound)) yield positioned(done, text);
      if (done.next === (bound.reverse ? bound.start : Math.max(bound.start, bound.end))) return;
    }
  } catch (error) {
    // Text that is no message: a checkpoint that was too large to be checked is damaged.
    const isUnusual = error instanceof UnusualJournal || error instanceof SyntaxError;
    if (!isUnusual && !(error instanceof InvalidMessageError)) throw error;
  } finally {
    for (const file of opened) file.close();
  }
  // Something is out of order: follow the journal forward, and go on behind what was handed out.
  const rest =
    done === undefined
      ? range
      : done.bound.reverse
        ? { from: done.bound.start, to: done.next, reverse: true }
        : { from: done.next, to: done.bound.end };
  yield* streamForward(context, id, rest, revision);
}

/** The texts of a range, in the order that was asked for; the event loop gets a turn in between. */
async function* textsBetween(
  { stretch, source }: InOrder,
  { start, end, reverse }: { start: number; end: number; reverse: boolean },
): AsyncGenerator<Buffer> {
  const slice = new TimeSlice();
  const batches = reverse
    ? backward(source, piecesFromEnd(stretch, start, end))
    : readPieces(source, await piecesOfRange(stretch, start, end));
  for await (const batch of batches) {
    for (const text of batch) {
      if (slice.isOver) await slice.next();
      yield text;
    }
  }
}

async function* backward(source: PieceSource, pieces: AsyncIterable<Piece>): AsyncGenerator<Buffer[]> {
  for await (const piece of pieces) yield* readPieceBackward(source, piece);
}

function positioned(
  state: { readonly bound: { readonly reverse: boolean }; next: number },
  text: Buffer,
): PositionedMessage {
  const message = parsedMessage(JSON.parse(text.toString("utf8")) as Json);
  return { position: state.bound.reverse ? --state.next : state.next++, message };
}

export interface InOrder {
  readonly stretch: BackwardStretch;
  readonly source: PieceSource;
  readonly count: number;
}

/** A session whose files are ours and in order at their ends; `undefined` for any other. */
export async function openInOrder(
  { disk, paths }: Files,
  id: SessionId,
  opened: DiskFile[],
): Promise<InOrder | undefined> {
  const open = (path: string): DiskFile | undefined => {
    const file = disk.stat(path)?.kind === "file" ? disk.openToRead(path) : undefined;
    if (file !== undefined) opened.push(file);
    return file;
  };
  // The checkpoint first: whatever it covers, the journal that is opened after it has as well.
  const hasCheckpoint = disk.stat(paths.checkpoint(id)) !== undefined;
  const file = open(paths.checkpoint(id));
  const journal = open(paths.journal(id));
  const first = journal === undefined ? undefined : readJournalHeader(journal);
  if (journal === undefined || first?.header.session !== id) return undefined;
  const { header, length } = first;
  const tail = readTail(journal, header);
  if (tail?.last === undefined || tail.removed !== undefined) return undefined;
  const end = { ...tail.position, offset: tail.end };
  const beginning = { offset: header.origin + length, revision: header.revision, checksum: header.checksum };
  const common = { journal, origin: header.origin, end };
  const count = tail.last.messageCount;
  if (file === undefined) {
    // A checkpoint that the journal knows of was removed by someone else: reading the session whole tells.
    if (hasCheckpoint || tail.checkpoint > 0) return undefined;
    const source = { checkpoint: undefined, journal, origin: header.origin };
    return { stretch: { ...common, begin: beginning, beginCount: 0 }, source, count };
  }
  const checkpoint = readCheckpointHeader(file);
  if (checkpoint?.id !== id || checkpoint.revision > end.revision) return undefined;
  const { journalOffset, journalChecksum, messageCount } = checkpoint;
  if (journalOffset < beginning.offset || journalOffset > end.offset) return undefined;
  if (file.stat().size <= CHECKED_SIZE && !(await readChecked(file, checkpoint, () => undefined)))
    return undefined;
  const begin = { offset: journalOffset, revision: checkpoint.revision, checksum: journalChecksum };
  const source = { checkpoint: { file, header: checkpoint }, journal, origin: header.origin };
  return { stretch: { ...common, begin, beginCount: messageCount }, source, count };
}

/** The general way: the journal forward from the checkpoint, or the session in memory when that is no way either. */
async function* streamForward(
  context: Files,
  id: SessionId,
  range: MessageRange,
  upTo: number | undefined,
): AsyncGenerator<PositionedMessage> {
  const state = await openOurs(context, id, upTo);
  if (state === undefined) {
    yield* inMemory(context, id, range);
    return;
  }
  try {
    const bound = rangeOf(range, state.pieces.count);
    const done = { bound, next: bound.reverse ? bound.end : bound.start };
    if (bound.start >= bound.end) return;
    const pieces = state.pieces.slice(bound.start, bound.end);
    if (bound.reverse) {
      for (const piece of pieces.toReversed()) {
        for await (const batch of readPieceBackward(state, piece))
          for (const text of batch) yield positioned(done, text);
      }
    } else {
      for await (const batch of readPieces(state, pieces))
        for (const text of batch) yield positioned(done, text);
    }
    if (done.next !== (bound.reverse ? bound.start : bound.end)) {
      throw new CorruptSessionError(id, `message ${done.next} could not be found`);
    }
  } finally {
    state.close();
  }
}

async function openOurs(
  context: Files,
  id: SessionId,
  upTo: number | undefined,
): ReturnType<typeof openState> {
  const { disk, paths } = context;
  const stat = disk.stat(paths.checkpoint(id));
  const file = stat?.kind === "file" ? disk.openToRead(paths.checkpoint(id)) : undefined;
  if (stat === undefined || file === undefined) return undefined;
  try {
    if (readCheckpointHeader(file)?.id !== id) return undefined;
  } finally {
    file.close();
  }
  const state = await openState(disk, paths, id, upTo === undefined ? {} : { upTo });
  if (state !== undefined && state.checkpoint === undefined) {
    state.close();
    return undefined;
  }
  return state;
}

async function* inMemory(
  context: Files,
  id: SessionId,
  range: MessageRange,
): AsyncGenerator<PositionedMessage> {
  const { session } = await readSession(context.disk, context.paths, id);
  if (session === undefined) throw new SessionNotFoundError(id);
  const { messages } = session;
  const { start, end, reverse } = rangeOf(range, messages.length);
  for (let at = start; at < end; at++) {
    const position = reverse ? end - 1 - (at - start) : at;
    const message = messages[position];
    if (message !== undefined) yield { position, message };
  }
}
