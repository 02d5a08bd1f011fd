import { CorruptSessionError, StorageError } from "../../../session/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { RemoveOptions } from "../../contract.ts";
import type { FileContext } from "../disk/file-context.ts";
import { storageError } from "../disk/storage-error.ts";
import { Journal } from "../journal/journal.ts";
import type { JournalScan } from "../journal/follow-journal.ts";
import { encodeCommit, encodeSeal, type CommitRecord } from "../journal/journal-record.ts";
import { publishJournal } from "../journal/publish-journal.ts";
import { syncJournal } from "../journal/replace-journal.ts";
import { tombstones } from "../read/trashed-lives.ts";
import type { OpenSession } from "./open-session.ts";
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
 * The moment of a removal: once this is synced, the session is gone, and what a crash leaves of its files is no
 * session any more. What is left of a write that failed is taken back.
 */
export async function appendTombstone(
  context: FileContext,
  id: SessionId,
  journal: Journal,
  removed: "gone" | "trash",
): Promise<void> {
  await appendAfterLast(context, id, journal, { removed });
}

/** The commit that takes a tombstone back. */
export async function appendRestored(context: FileContext, id: SessionId, journal: Journal): Promise<void> {
  await appendAfterLast(context, id, journal, { removed: undefined, restored: true });
}

/** A commit that changes nothing of the session but whether it is there. */
async function appendAfterLast(
  context: FileContext,
  id: SessionId,
  journal: Journal,
  change: Pick<CommitRecord, "removed" | "restored">,
): Promise<void> {
  const scan = journal.tail() ?? (await journal.scan(journal.begin));
  const { last } = scan;
  if (last === undefined) throw new CorruptSessionError(id, "the journal holds no commit that can be read");
  const earlier = last.earlier === undefined ? undefined : journal.recordAt(last.earlier)?.record;
  // Times never go back, neither within a life nor among removals.
  const before = earlier?.kind === "commit" ? Date.parse(earlier.at) : -Infinity;
  const now = new Date(Math.max(Date.now(), Date.parse(last.at), before)).toISOString();
  const { line } = encodeCommit({
    previous: scan.position.checksum,
    revision: scan.position.revision + 1,
    life: scan.position.life,
    at: now,
    messageCount: last.messageCount,
    tokenCount: last.tokenCount,
    listing: scan.listing,
    earlier: last.earlier,
    synced: scan.tornFrom ?? scan.position.offset,
    ...change,
  });
  const bytes =
    scan.tornFrom === undefined ? line : Buffer.concat([encodeSeal(scan.tornFrom, scan.end), line]);
  const { end } = journal;
  try {
    await journal.append(bytes, "tombstone.append");
    await syncJournal(context, id, journal, "tombstone.sync");
  } catch (error) {
    // The next try must not find what a sync that failed may have lost, and take it for stored.
    if (await journal.rollBack(end, bytes)) throw error;
    throw storageError(error, `change session ${id}`, "unknown");
  }
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
    const scan = journal.tail() ?? (await journal.scan(journal.begin));
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
