import { basename, join } from "node:path";
import { ConflictError } from "../../../../session/errors/errors.ts";
import type { SessionId } from "../../../../session/session-id.ts";
import type { RemovalNote, TrashedSession } from "../../../contract.ts";
import type { Disk } from "../../disk/disk.ts";
import type { FileContext } from "../../disk/file-context.ts";
import { partsOfFolder, SessionPaths } from "../../disk/session-paths.ts";
import { Journal } from "../../journal/journal.ts";
import { PackedFile } from "../../packed/packed-file.ts";
import { MessagePlaces } from "../../read/messages/message-places.ts";
import { readInto } from "../../read/session-reading.ts";
import { backFromTrash, goneFromTrash, type LoggedLife } from "./removal-log.ts";
import { appendRestored } from "./tombstone.ts";
import { letGo } from "../../disk/let-go.ts";

/**
 * Folders of the trash, `trash/<id>.<ms>/`: format 1 moved the files of every removed session there. Today only those
 * of a session that cannot be read go there, since nothing can be recorded in them.
 */
export interface TrashFolder {
  readonly id: SessionId;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly path: string;
}

/** The folders that hold a session, the latest first. */
export function trashFolders(context: FileContext, id?: SessionId): TrashFolder[] {
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

/** What those folders hold, the latest first; one that cannot be read is listed without its content. */
export async function listTrashFolders(
  context: FileContext,
): Promise<(TrashedSession & { readonly folder: TrashFolder })[]> {
  const found: (TrashedSession & { readonly folder: TrashFolder })[] = [];
  for (const folder of trashFolders(context)) {
    if (isLeftOver(context, folder)) continue;
    const removedAt = new Date(folder.time).toISOString();
    found.push({ id: folder.id, removedAt, folder, ...(await describe(context, folder)) });
  }
  return found;
}

async function describe(
  { disk }: FileContext,
  { id, path }: TrashFolder,
): Promise<Pick<TrashedSession, "title" | "messageCount" | "bytes" | "parentId">> {
  const paths = new SessionPaths(path);
  const files = [paths.checkpoint(id), paths.journal(id)];
  const bytes = files.reduce((sum, file) => sum + (disk.stat(file)?.size ?? 0), 0);
  const unknown = { title: null, messageCount: 0, bytes, parentId: null };
  try {
    const found = Journal.open(disk, paths, id, "read");
    if (found.kind === "ok") {
      try {
        const scan = await found.journal.ending();
        if (scan.last === undefined) return unknown;
        const { messageCount } = scan.last;
        const { title = null, parentId = null } = found.journal.listedAt(scan.listing) ?? {};
        return { title, messageCount, bytes, parentId };
      } finally {
        found.journal.close();
      }
    }
    const { session, files: open } = await readInto({ disk, paths }, id, new MessagePlaces());
    open.close();
    if (session === undefined) return unknown;
    const { title, parentId } = session.head;
    return { title, messageCount: session.list.count, bytes, parentId };
  } catch {
    // It is there all the same, and can be restored as it is.
    return unknown;
  }
}

/** Moves the files of a session that cannot be read into the trash. */
export async function moveToTrashFolder(context: FileContext, id: SessionId): Promise<void> {
  const { disk, paths, directory } = context;
  let time = Date.now();
  let folder = paths.newFolder(paths.trash, id, new Date(time));
  while (disk.stat(folder) !== undefined) folder = paths.newFolder(paths.trash, id, new Date(++time));
  await directory.make(folder);
  for (const path of [paths.checkpoint(id), paths.journal(id)]) {
    if (disk.stat(path) === undefined) continue;
    await disk.rename(path, join(folder, basename(path)), "trash.move");
    await disk.syncDirectory(folder, "trash.sync-directory");
    await disk.syncDirectory(paths.root, "remove.sync-directory");
  }
}

/** What is in a folder, as the log of removals knows it. */
export function loggedFolder(
  { id, path, time }: TrashFolder,
  { title, messageCount }: Pick<TrashedSession, "title" | "messageCount">,
): LoggedLife {
  const removedAt = new Date(time).toISOString();
  return { id, removedAt, title, messageCount, why: undefined, key: basename(path) };
}

/** Brings a session's files back. The caller holds its lock, and has seen that it has none in the store. */
export async function restoreFolder(context: FileContext, folder: TrashFolder): Promise<void> {
  const { id, path } = folder;
  const { disk, paths } = context;
  await backFromTrash(context, loggedFolder(folder, { title: null, messageCount: 0 }));
  const found = Journal.openAt(disk, paths.journal(id, path), id, "append");
  if (found.kind === "ok") {
    try {
      const scan = await found.journal.ending();
      if (scan.removed !== undefined) await appendRestored(context, id, found.journal);
    } finally {
      found.journal.close();
    }
  }
  for (const [from, to] of [
    [paths.journal(id, path), paths.journal(id)],
    [paths.checkpoint(id, path), paths.checkpoint(id)],
  ] as const) {
    if (disk.stat(from) === undefined) continue;
    if (!(await disk.publish(from, to, "trash.move"))) throw new ConflictError(id, 0, 1);
    await disk.syncDirectory(paths.root, "trash.sync-directory");
  }
  // Only now that the files have their names in the store for certain.
  await removeFolder(context, path);
}

/** Removes what went to folders of the trash before a time; returns how many sessions. */
export async function emptyTrashFolders(
  context: FileContext,
  before: Date | undefined,
  note?: RemovalNote,
): Promise<number> {
  const old = trashFolders(context).filter(({ time }) => before === undefined || time < before.getTime());
  let count = 0;
  for (const folder of old) {
    if (isLeftOver(context, folder)) {
      await removeFolder(context, folder.path);
      continue;
    }
    const what = note === undefined ? { title: null, messageCount: 0 } : await describe(context, folder);
    await goneFromTrash(context, [loggedFolder(folder, what)], note, () =>
      removeFolder(context, folder.path),
    );
    count++;
  }
  return count;
}

/** Removes the folders of a session whose journal is in its place: a crash left them on the way in or out. */
export async function removeLeftOvers(context: FileContext, id: SessionId): Promise<void> {
  for (const folder of trashFolders(context, id))
    if (isLeftOver(context, folder)) await removeFolder(context, folder.path);
}

/** In one step: a crash leaves all of it or nothing. What is in the way of new files is swept up later. */
async function removeFolder({ disk, paths }: FileContext, folder: string): Promise<void> {
  const aside = join(paths.temporary, basename(folder));
  await disk.rename(folder, aside, "trash.move");
  await disk.syncDirectory(paths.trash, "trash.sync-directory");
  for (const name of disk.list(aside) ?? []) await disk.remove(join(aside, name), "temporary.remove");
  await disk.remove(aside, "temporary.remove");
}

/** Whether a folder holds no session of its own: its journal is still, or again, in its place in the store. */
function isLeftOver({ disk, paths }: FileContext, { id, path }: TrashFolder): boolean {
  const current = beginningOf(disk, paths.journal(id), id);
  const kept = beginningOf(disk, paths.journal(id, path), id);
  if (current === undefined) return false;
  // By content, since a copy may have taken the place of the file that both names once stood for.
  return kept === undefined ? disk.stat(paths.journal(id, path)) === undefined : kept.equals(current);
}

/** A part of the first commit, with its time and checksum: no other journal begins so, whatever its header says. */
function beginningOf(disk: Disk, path: string, id: SessionId): Buffer | undefined {
  try {
    const file = disk.stat(path)?.kind === "file" ? disk.openToRead(path) : undefined;
    if (file === undefined) return undefined;
    try {
      const buffer = Buffer.alloc(BEGINNING);
      const found = buffer.subarray(0, (PackedFile.open(file, id) ?? file).readNow(buffer, 0));
      return found.subarray(found.indexOf("\n") + 1);
    } finally {
      letGo(file);
    }
  } catch {
    // What cannot be read is not known to be the same.
    return undefined;
  }
}

/** Long enough to reach the first commit's checksum and time behind a header of any format. */
const BEGINNING = 320;
