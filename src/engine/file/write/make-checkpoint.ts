import type { SessionId } from "../../../session/session-id.ts";
import { DamagedCheckpoint } from "../checkpoint/checked-body.ts";
import { writeCheckpoint } from "../checkpoint/checkpoint-writer.ts";
import { placeCheckpoint, type WrittenCheckpoint } from "../checkpoint/place-checkpoint.ts";
import type { FileContext } from "../disk/file-context.ts";
import { copyToQuarantine } from "../disk/quarantine.ts";
import { Journal } from "../journal/journal.ts";
import { encodeDocument } from "../journal/record/encode-record.ts";
import { MessagePlaces } from "../read/messages/message-places.ts";
import { readPlaces } from "../read/messages/place-reader.ts";
import type { ReadTo, SessionReading } from "../read/reading.ts";
import { readInto, readJournalInto } from "../read/session-reading.ts";
import { readSideLines } from "../read/side-lines.ts";

/**
 * Writes a session as it is at a revision into a temporary file. Needs no lock.
 * @param writtenBefore bytes of all its checkpoints before this one.
 * @param inode of the journal that it is to be read from.
 * @returns `undefined` when the session is not there any more.
 */
export async function prepareCheckpoint(
  context: FileContext,
  id: SessionId,
  to: ReadTo,
  writtenBefore: number,
  inode?: bigint,
): Promise<WrittenCheckpoint | undefined> {
  const reading = await readInto(context, id, new MessagePlaces(), to);
  try {
    const { journal } = reading.source;
    if (inode !== undefined && journal?.stat().inode !== inode) return undefined;
    return await written(context, id, reading, to, writtenBefore);
  } finally {
    reading.files.close();
  }
}

async function written(
  context: FileContext,
  id: SessionId,
  reading: SessionReading<MessagePlaces>,
  to: ReadTo,
  writtenBefore: number,
): Promise<WrittenCheckpoint | undefined> {
  try {
    return await writeFrom(context, id, reading, writtenBefore);
  } catch (error) {
    const { journal } = reading.source;
    if (!(error instanceof DamagedCheckpoint) || journal === undefined) throw error;
    // The checkpoint before is damaged: the journal has all of it.
    const again = await readJournalInto(journal, id, new MessagePlaces(), to);
    return await writeFrom(context, id, again, writtenBefore);
  }
}

/** Writes what was read of a session into a temporary file. */
export async function writeFrom(
  { disk, paths }: FileContext,
  id: SessionId,
  { own, session, source, begin }: SessionReading<MessagePlaces>,
  writtenBefore: number,
): Promise<WrittenCheckpoint | undefined> {
  if (own === undefined || session === undefined) return undefined;
  const { position, head, updatedAt } = own;
  const places = session.list;
  const journalKey = source.journal?.header.key ?? source.checkpoint?.header.journalKey;
  const { path, size } = await writeCheckpoint(disk, paths, id, {
    position,
    journalKey,
    updatedAt,
    head,
    messageCount: places.count,
    messages: readPlaces(source, places.slice(0, places.count)),
    side: readSideLines(source, begin ?? position, position),
    written: writtenBefore,
  });
  const { life, revision, checksum, offset } = position;
  return { path, journalKey, life, revision, checksum, covers: offset, written: writtenBefore + size };
}

/**
 * The document cannot be used, and the journal holds the session: a checkpoint takes its place. Its bytes are kept, but
 * for those of a checkpoint from before the session was rewritten: they are what was not to be kept.
 */
export async function replaceDocument(
  context: FileContext,
  id: SessionId,
  { files, own, detail, document: state }: SessionReading<MessagePlaces>,
): Promise<void> {
  const { disk, paths } = context;
  const { document } = files;
  if (own === undefined || !("stat" in document)) return;
  if (document.kind === "unusable") {
    // A rename replaces a link, but not a directory.
    if (document.stat.kind === "directory")
      throw Object.assign(new Error(`EISDIR: ${paths.checkpoint(id)}`), { code: "EISDIR" });
  } else if (state !== "left-over") {
    await copyToQuarantine(context, id, paths.checkpoint(id), detail ?? "it does not belong to the session");
  }
  const checkpoint = await prepareCheckpoint(context, id, own.position, 0);
  if (checkpoint === undefined) return;
  try {
    const found = Journal.open(disk, paths, id, "append");
    if (found.kind !== "ok") return;
    try {
      const stat = await placeCheckpoint(context, id, checkpoint, document.stat);
      const { end } = found.journal;
      const { revision, covers, written: bytes } = checkpoint;
      const mark = { revision, covers, written: bytes, foreign: undefined, synced: covers };
      if (stat !== undefined && end >= covers)
        await found.journal.append(encodeDocument({ ...mark, stat }), "checkpoint.mark");
    } finally {
      found.journal.close();
    }
  } finally {
    await disk.remove(checkpoint.path, "temporary.remove").catch(() => undefined);
  }
}
