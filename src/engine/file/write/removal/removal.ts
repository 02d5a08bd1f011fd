import { CorruptSessionError, StorageError } from "../../../../session/errors/errors.ts";
import type { SessionId } from "../../../../session/session-id.ts";
import { checkUnchanged } from "../../../apply-commit.ts";
import type { RemovalNote, RemoveOptions } from "../../../contract.ts";
import type { FileContext } from "../../disk/file-context.ts";
import { isFull } from "../../disk/storage-error.ts";
import { Journal } from "../../journal/journal.ts";
import type { CommitRecord } from "../../journal/record/record.ts";
import type { JournalScan } from "../../journal/follow-journal.ts";
import { publishJournal } from "../../journal/publish-journal.ts";
import { scanSession } from "../../read/session-scan.ts";
import { readSessionTail } from "../../read/session-tail.ts";
import { tombstones } from "../../read/trashed-lives.ts";
import { OpenSession } from "../open-session.ts";
import { goneFromTrash, loggedLife } from "./removal-log.ts";
import { appendTombstone } from "./tombstone.ts";
import { moveToTrashFolder, removeLeftOvers } from "./trash-folders.ts";

/**
 * Removes a session. The caller holds its lock and has nothing of it open.
 * @param open opens it for writing.
 * @param repair builds its journal anew.
 * @returns false when there was none.
 */
export async function removeSession(
  context: FileContext,
  id: SessionId,
  { open, repair }: { open: () => Promise<OpenSession | undefined>; repair: () => Promise<unknown> },
  { trash = false, ifUnchanged, note }: RemoveOptions,
): Promise<boolean> {
  // With a note it goes by way of the trash, where its tombstone has the note.
  const toTrash = trash || note !== undefined;
  let session: OpenSession | undefined;
  try {
    // Before it is put in order, by which a document of Astrid's gets another time.
    if (ifUnchanged !== undefined) await checkAsListed(context, id, ifUnchanged);
    session = await open();
    if (toTrash && session?.isRemoved === false && !(await standsAlone(session))) {
      await repair();
      session = await open();
    }
  } catch (error) {
    if (isFull(error) && !trash && (await removePacked(context, id, note))) return true;
    // What cannot be read can still be removed; there is nothing to write a tombstone into.
    if (!(error instanceof CorruptSessionError) || ifUnchanged !== undefined) throw error;
    if (trash) await moveToTrashFolder(context, id);
    else await removeFiles(context, id);
    return true;
  }
  if (session === undefined || session.isRemoved) return false;
  const { journal } = session;
  try {
    await appendTombstone(context, id, journal, toTrash ? "trash" : "gone", whyOf(note, trash));
  } catch (error) {
    if (!isFull(error)) throw error;
    if (trash) throw noRoomForTrash(id, error);
    await removeWithoutTombstone(context, id, session, note);
    return true;
  }
  await finishRemoval(context, id);
  if (toTrash && !trash) await removeMarked(context, id);
  return true;
}

async function checkAsListed(
  { disk, paths }: FileContext,
  id: SessionId,
  known: NonNullable<RemoveOptions["ifUnchanged"]>,
): Promise<void> {
  const found = await scanSession(disk, paths, id);
  if ("unreadable" in found) throw found.unreadable.error;
  if (found.summary !== undefined) checkUnchanged(id, known, found.summary);
}

function whyOf(note: RemovalNote | undefined, trash: boolean): CommitRecord["why"] {
  return note && [note.run, note.rule, note.reason, trash ? "trash" : "gone"];
}

/**
 * Removes the last life for good where that is what its tombstone in the trash is marked for. May be repeated. The caller
 * holds the session's lock.
 * @returns whether there was one.
 */
export async function removeMarked(context: FileContext, id: SessionId): Promise<boolean> {
  const found = Journal.open(context.disk, context.paths, id, "append");
  if (found.kind !== "ok") return false;
  const { journal } = found;
  try {
    const scan = await journal.ending();
    const [last] = tombstones(journal, scan);
    if (scan.removed !== "trash" || last?.why?.[3] !== "gone") return false;
    await goneFromTrash(context, [loggedLife(id, last)], undefined, () =>
      removeLife(context, id, journal, { ...scan, removed: "gone" }),
    );
    return true;
  } finally {
    journal.close();
  }
}

/** Whether the journal has all of the session: in the trash there is no document that could make up for damage. */
async function standsAlone({ journal }: OpenSession): Promise<boolean> {
  return (await journal.scan(journal.begin)).damage === undefined;
}

function noRoomForTrash(id: SessionId, cause: unknown): StorageError {
  return new StorageError(
    "DISK_FULL",
    `Cannot move session ${id} to the trash: the disk is full, and the removal cannot be recorded. ` +
      "Nothing was removed. Free some space, or remove the session for good, which needs none.",
    "not-stored",
    { cause },
  );
}

/**
 * Removes what a removed session does not need any more: its document; of one that was removed for good its journal as
 * well, or the part behind earlier lives in the trash. May be repeated. The caller holds the session's lock.
 */
export async function finishRemoval(context: FileContext, id: SessionId): Promise<void> {
  const { disk, paths } = context;
  await removeDocument(context, id);
  await removeLeftOvers(context, id);
  const found = Journal.open(disk, paths, id, "append");
  if (found.kind !== "ok") return;
  const { journal } = found;
  try {
    const scan = await journal.ending();
    if (scan.removed !== "gone") return;
    await removeLife(context, id, journal, scan);
  } finally {
    journal.close();
  }
}

/** Without a record of it: on a full disk. The document goes first; a crash in between leaves the session in the trash. */
async function removeWithoutTombstone(
  context: FileContext,
  id: SessionId,
  session: OpenSession,
  note: RemovalNote | undefined,
): Promise<void> {
  const remove = (): Promise<void> => removeFromFullDisk(context, id, session);
  if (note === undefined) {
    await remove();
    return;
  }
  const { position, messageCount, head } = session;
  const removedAt = new Date().toISOString();
  const life = { removedAt, title: head.title, messageCount, why: whyOf(note, false) };
  await goneFromTrash(context, [loggedLife(id, { ...life, checksum: position.checksum })], undefined, remove);
}

/** There may be no room to unpack a session: packed, it goes whole, unless an earlier life of it is in the trash. */
async function removePacked(
  context: FileContext,
  id: SessionId,
  note: RemovalNote | undefined,
): Promise<boolean> {
  const found = Journal.open(context.disk, context.paths, id, "read");
  if (found.kind !== "ok") return false;
  const { journal } = found;
  try {
    const tail = journal.isPacked ? readSessionTail(context, id, journal) : undefined;
    if (
      tail === undefined ||
      tail.scan.removed !== undefined ||
      journal.earlierOf(tail.scan.last) !== undefined
    )
      return false;
    await removeWithoutTombstone(context, id, new OpenSession(tail), note);
    return true;
  } finally {
    journal.close();
  }
}

async function removeFromFullDisk(
  context: FileContext,
  id: SessionId,
  { journal, last, lastOffset }: OpenSession,
): Promise<void> {
  await removeDocument(context, id);
  const [earlier] = tombstones(journal, { removed: undefined, last, lastOffset });
  if (earlier === undefined) {
    await removeJournal(context, id);
    return;
  }
  journal.cut(earlier.end, "remove.journal");
  await journal.sync("tombstone.sync");
}

/** Removes the last life from a journal. */
async function removeLife(
  context: FileContext,
  id: SessionId,
  journal: Journal,
  scan: JournalScan,
): Promise<void> {
  const [earlier] = tombstones(journal, scan);
  if (earlier === undefined) {
    await removeJournal(context, id);
    return;
  }
  try {
    await publishJournal(context, id, journal.copy(journal.header.origin, earlier.end), "replace");
  } catch (error) {
    if (!isFull(error)) throw error;
    journal.cut(earlier.end, "remove.journal");
    await journal.sync("tombstone.sync");
  }
}

async function removeDocument({ disk, paths }: FileContext, id: SessionId): Promise<void> {
  const path = paths.checkpoint(id);
  if (disk.stat(path) === undefined) return;
  await disk.remove(path, "remove.checkpoint");
  await disk.syncDirectory(paths.root, "remove.sync-directory");
}

async function removeJournal({ disk, paths }: FileContext, id: SessionId): Promise<void> {
  await disk.remove(paths.journal(id), "remove.journal");
  await disk.syncDirectory(paths.root, "remove.sync-directory");
}

async function removeFiles(context: FileContext, id: SessionId): Promise<void> {
  await removeDocument(context, id);
  await removeJournal(context, id);
}
