import { SessionNotFoundError } from "../../../session/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { SideItem, SideRange } from "../../contract.ts";
import { sideRangeOf } from "../../list-query.ts";
import { UnusualJournal } from "./backward-pieces.ts";
import { readCheckpointHeader } from "../checkpoint/checkpoint-reader.ts";
import type { DiskFile } from "../disk/disk.ts";
import type { FileContext } from "../disk/file-context.ts";
import type { JournalPosition } from "../journal/journal-reader.ts";
import { openInOrder } from "./message-stream.ts";
import { readSession, type SessionReading } from "./session-reader.ts";
import { entryIn, readSideLines, sideLineStart, type SideSource } from "./side-reader.ts";

type Files = Pick<FileContext, "disk" | "paths">;

/**
 * Items of a session's side lists, at the revision that is current when reading begins. Memory is a chunk, or the
 * longest item.
 * @throws {SessionNotFoundError | CorruptSessionError | NewerFormatError | InvalidArgumentError}
 */
export async function* streamSideItems(
  context: Files,
  id: SessionId,
  range: SideRange,
): AsyncGenerator<SideItem> {
  const { from, limit } = sideRangeOf(range);
  const opened: DiskFile[] = [];
  const progress = { next: from, left: limit };
  try {
    const found = await openInOrder(context, id, opened);
    if (found !== undefined) {
      const { begin, end } = found.stretch;
      yield* itemsOf({ ...found.source, begin, upTo: end.revision }, range, progress);
      return;
    }
  } catch (error) {
    if (!(error instanceof UnusualJournal)) throw error;
  } finally {
    for (const file of opened) file.close();
  }
  // Something is out of order: reading the session whole tells what counts.
  yield* itemsOfWhole(context, id, range, progress);
}

async function* itemsOf(
  source: SideSource,
  { list }: SideRange,
  progress: { next: number; left: number },
): AsyncGenerator<SideItem> {
  const start = list === undefined ? undefined : sideLineStart(list);
  let position = 0;
  for await (const lines of readSideLines(source)) {
    for (const line of lines) {
      const at = position++;
      if (at < progress.next) continue;
      if (progress.left === 0) return;
      progress.next = at + 1;
      if (start !== undefined && !line.subarray(0, start.length).equals(start)) continue;
      const entry = entryIn(line);
      if (entry === undefined) throw new UnusualJournal("a line of the checkpoint is no item");
      progress.left--;
      yield { position: at, list: entry[0], item: entry[1] };
    }
  }
}

async function* itemsOfWhole(
  context: Files,
  id: SessionId,
  range: SideRange,
  progress: { next: number; left: number },
): AsyncGenerator<SideItem> {
  const reading = await readSession(context.disk, context.paths, id);
  const { session, own, checkpoint } = reading;
  if (session === undefined) throw new SessionNotFoundError(id);
  if (own === undefined) {
    // A document of someone else's alone.
    const held = checkpoint.kind === "foreign" ? checkpoint.side : [];
    const { accepts } = sideRangeOf(range);
    for (const [position, [list, item]] of held.entries()) {
      if (position < progress.next || !accepts(list) || progress.left === 0) continue;
      progress.left--;
      yield { position, list, item };
    }
    return;
  }
  const opened: DiskFile[] = [];
  try {
    yield* itemsOf(sourceOf(context, reading, own.position, opened), range, progress);
  } finally {
    for (const file of opened) file.close();
  }
}

/** The files that the reading used. */
function sourceOf(
  { disk, paths }: Files,
  { session, checkpoint, journal, scan }: SessionReading,
  position: JournalPosition,
  opened: DiskFile[],
): SideSource {
  const id = session?.id as SessionId;
  const open = (path: string): DiskFile | undefined => {
    const file = disk.openToRead(path);
    if (file !== undefined) opened.push(file);
    return file;
  };
  const file = checkpoint.kind === "ours" ? open(paths.checkpoint(id)) : undefined;
  const header = file === undefined ? undefined : readCheckpointHeader(file);
  const upTo = position.revision;
  const isFollowed = journal.kind === "ok" && scan !== undefined;
  const common = {
    journal: isFollowed ? open(paths.journal(id)) : undefined,
    origin: isFollowed ? journal.header.origin : 0,
    upTo,
  };
  if (file !== undefined && header?.id === id) {
    const { journalOffset: offset, revision, journalChecksum: checksum } = header;
    return { ...common, checkpoint: { file, header }, begin: { offset, revision, checksum } };
  }
  if (!isFollowed) return { ...common, checkpoint: undefined, begin: position };
  const { origin, revision, checksum } = journal.header;
  return {
    ...common,
    checkpoint: undefined,
    begin: { offset: origin + journal.headerLength, revision, checksum },
  };
}
