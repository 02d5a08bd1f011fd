import { CorruptSessionError, StorageError } from "../../../session/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { RemoveOptions } from "../../contract.ts";
import type { FileContext } from "../disk/file-context.ts";
import { Journal } from "../journal/journal.ts";
import type { JournalScan } from "../journal/follow-journal.ts";
import { publishJournal } from "../journal/publish-journal.ts";
import { tombstones } from "../read/trashed-lives.ts";
import type { OpenSession } from "./open-session.ts";
import { appendTombstone } from "./tombstone.ts";
import { moveToTrashFolder, removeLeftOvers } from "./trash-folders.ts";

const FULL = new Set(["ENOSPC", "EDQUOT"]);

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
  { trash = false }: RemoveOptions,
): Promise<boolean> {
  let session: OpenSession | undefined;
  try {
    session = await open();
    if (trash && session?.isRemoved === false && !(await standsAlone(session))) {
      await repair();
      session = await open();
    }
  } catch (error) {
    // What cannot be read can still be removed; there is nothing to write a tombstone into.
    if (!(error instanceof CorruptSessionError)) throw error;
    if (trash) await moveToTrashFolder(context, id);
    else await removeFiles(context, id);
    return true;
  }
  if (session === undefined || session.isRemoved) return false;
  const { journal } = session;
  try {
    await appendTombstone(context, id, journal, trash ? "trash" : "gone");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || !FULL.has(code)) throw error;
    if (trash) throw noRoomForTrash(id, error);
    await removeWithoutTombstone(context, id, session);
    return true;
  }
  await finishRemoval(context, id);
  return true;
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
  { journal, last, lastOffset }: OpenSession,
): Promise<void> {
  await removeDocument(context, id);
  const [earlier] = tombstones(journal, { removed: undefined, earlier: last.earlier, lastOffset });
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
    if (!FULL.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
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
