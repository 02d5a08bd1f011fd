import { basename, join } from "node:path";
import { ConflictError } from "../../../session/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { appendFully } from "../disk/append-fully.ts";
import type { Disk, DiskFile } from "../disk/disk.ts";
import type { FileContext } from "../disk/file-context.ts";
import { readJournalHeader, readTail, scanJournal, type JournalScan } from "../journal/journal-reader.ts";
import { encodeCommit, encodeSeal } from "../journal/journal-record.ts";
import { partsOfFolder } from "../disk/session-paths.ts";
import { syncJournal } from "../journal/sync-journal.ts";

/**
 * The moment of a removal: once this is synced, the session is gone, and what a crash leaves of its files is no
 * session any more. The caller holds the session's lock.
 */
export async function appendTombstone(
  context: FileContext,
  id: SessionId,
  file: DiskFile,
  seen: JournalScan | undefined,
  removed: "gone" | "trash",
): Promise<void> {
  // Behind a checkpoint there may be no commit; the tombstone follows the one before it.
  const scan = seen?.last === undefined ? await scanWhole(file) : seen;
  if (scan?.last === undefined) return;
  const torn = scan.tornFrom === undefined ? [] : [encodeSeal(scan.tornFrom, scan.end)];
  const { line } = encodeCommit({
    ...scan.last,
    previous: scan.position.checksum,
    revision: scan.position.revision + 1,
    at: new Date().toISOString(),
    listing: scan.last.listing ?? scan.lastOffset,
    synced: scan.tornFrom ?? scan.position.offset,
    operation: undefined,
    foreign: undefined,
    alias: undefined,
    restored: undefined,
    removed,
    splice: undefined,
  });
  await appendFully(file, Buffer.concat([...torn, line]), "tombstone.append");
  await syncJournal(context, id, file, "tombstone.sync");
}

/**
 * Removes the files of a session whose tombstone is synced, or moves them into the trash: the checkpoint first, the
 * journal last, so that a crash in between leaves the tombstone. May be repeated.
 */
export async function finishRemoval(
  context: FileContext,
  id: SessionId,
  removed: "gone" | "trash",
): Promise<void> {
  const { disk, paths, directory } = context;
  const files = [paths.checkpoint(id), paths.journal(id)].filter((path) => disk.stat(path) !== undefined);
  const begun = trashFolders(context, id).filter(({ path }) => isLeftOver(context, id, path));
  let folder: string | undefined;
  if (removed === "trash" && files.length > 0) {
    // A removal that a crash cut short goes on in the folder that it began.
    folder = begun.pop()?.path ?? newTrashFolder(context, id);
    await directory.make(folder);
  }
  for (const { path } of begun) await removeFolder(context, id, path);
  // Without the journal in its place, what is left there would pass for a session in the trash; a folder that a
  // restore has just removed, too, if it came back.
  if (disk.stat(paths.trash) !== undefined) await disk.syncDirectory(paths.trash, "trash.sync-directory");
  for (const path of files) {
    if (folder === undefined) {
      await disk.remove(path, path === paths.journal(id) ? "remove.journal" : "remove.checkpoint");
    } else {
      const target = join(folder, basename(path));
      // A rename between two names of one file, which a restore that was cut short leaves, does nothing.
      if (disk.stat(target)?.inode === disk.stat(path)?.inode) await disk.remove(target, "trash.move");
      await disk.rename(path, target, "trash.move");
      await disk.syncDirectory(folder, "trash.sync-directory");
    }
    await disk.syncDirectory(paths.root, "remove.sync-directory");
  }
}

/**
 * Whether a folder of the trash holds no session of its own, but what a crash left on the way into it or out of it:
 * the journal is still, or again, in its place.
 */
export function isLeftOver({ disk, paths }: FileContext, id: SessionId, folder: string): boolean {
  const current = beginningOf(disk, paths.journal(id));
  const kept = beginningOf(disk, paths.journal(id, folder));
  // By content, since a copy may have taken the place of the file that both names once stood for.
  return current !== undefined && (kept === undefined || kept.equals(current));
}

/** A part of the first commit, with its time and checksum: no other journal begins so, whatever its header says. */
function beginningOf(disk: Disk, path: string): Buffer | undefined {
  const file = disk.stat(path)?.kind === "file" ? disk.openToRead(path) : undefined;
  if (file === undefined) return undefined;
  try {
    const buffer = Buffer.alloc(BEGINNING);
    const found = buffer.subarray(0, file.readNow(buffer, 0));
    return found.subarray(found.indexOf("\n") + 1);
  } finally {
    file.close();
  }
}

const BEGINNING = 220;

/** What is left in a folder whose journal is in its place. */
async function removeFolder({ disk, paths }: FileContext, id: SessionId, folder: string): Promise<void> {
  await disk.remove(paths.checkpoint(id, folder), "trash.move");
  await disk.remove(paths.journal(id, folder), "trash.move");
  await disk.remove(folder, "trash.move");
}

function newTrashFolder({ disk, paths }: FileContext, id: SessionId): string {
  for (let time = Date.now(); ; time++) {
    const folder = paths.newFolder(paths.trash, id, new Date(time));
    if (disk.stat(folder) === undefined) return folder;
  }
}

/** The folders that the trash holds of a session, the latest first. */
export function trashFolders(
  context: FileContext,
  id?: SessionId,
): { id: SessionId; time: number; path: string }[] {
  const { disk, paths } = context;
  return (disk.list(paths.trash) ?? [])
    .flatMap((name) => {
      const parts = partsOfFolder(name);
      return parts === undefined || (id !== undefined && parts.id !== id)
        ? []
        : [{ ...parts, path: join(paths.trash, name) }];
    })
    .sort((left, right) => right.time - left.time);
}

/**
 * Brings a session's files back from a folder of the trash. The caller holds the session's lock and has seen that no
 * session has the id.
 */
export async function restoreFrom(context: FileContext, id: SessionId, folder: string): Promise<void> {
  const { disk, paths } = context;
  const journal = paths.journal(id, folder);
  const file = disk.openToAppend(journal);
  if (file !== undefined) {
    try {
      await appendRestored(file);
    } finally {
      file.close();
    }
    if (!(await disk.publish(journal, paths.journal(id), "trash.move"))) throw new ConflictError(id, 0, 1);
    await disk.syncDirectory(paths.root, "trash.sync-directory");
  }
  const checkpoint = paths.checkpoint(id, folder);
  if (disk.stat(checkpoint) !== undefined) {
    if (!(await disk.publish(checkpoint, paths.checkpoint(id), "trash.move")))
      throw new ConflictError(id, 0, 1);
    await disk.syncDirectory(paths.root, "trash.sync-directory");
  }
  // Only now that the files have their names in the store for certain; and for certain, so that a session that is
  // removed for good later does not come back in the trash.
  await removeFolder(context, id, folder);
  await disk.syncDirectory(paths.trash, "trash.sync-directory");
}

async function scanWhole(file: DiskFile): Promise<JournalScan | undefined> {
  const journal = readJournalHeader(file);
  if (journal === undefined) return undefined;
  const { header, length } = journal;
  const start = { offset: header.origin + length, revision: header.revision, checksum: header.checksum };
  return await scanJournal(file, header.origin, start, () => undefined);
}

/** The commit that takes a tombstone back; nothing when the journal does not end with one. */
async function appendRestored(file: DiskFile): Promise<void> {
  const journal = readJournalHeader(file);
  if (journal === undefined) return;
  const { header } = journal;
  const scan = readTail(file, header) ?? (await scanWhole(file));
  if (scan?.last === undefined) return;
  if (scan.removed === undefined) {
    // Another process has, and may have died before it could sync that.
    await file.sync("tombstone.sync");
    return;
  }
  const torn = scan.tornFrom === undefined ? [] : [encodeSeal(scan.tornFrom, scan.end)];
  const { line } = encodeCommit({
    ...scan.last,
    previous: scan.position.checksum,
    revision: scan.position.revision + 1,
    at: new Date().toISOString(),
    listing: scan.last.listing ?? scan.lastOffset,
    synced: scan.tornFrom ?? scan.position.offset,
    checkpoint: 0,
    removed: undefined,
    restored: true,
    splice: undefined,
  });
  const { size } = file.stat();
  try {
    await appendFully(file, Buffer.concat([...torn, line]), "tombstone.append");
    await file.sync("tombstone.sync");
  } catch (error) {
    // The next try must not find what a sync that failed may have lost, and take it for stored.
    file.truncate(size, "journal.roll-back");
    throw error;
  }
}
