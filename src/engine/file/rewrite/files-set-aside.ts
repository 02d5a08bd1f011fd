import { basename, dirname, join } from "node:path";
import type { SessionId } from "../../../session/session-id.ts";
import type { SessionEdit } from "../../session-edit.ts";
import type { Disk } from "../disk/disk.ts";
import type { FileContext } from "../disk/file-context.ts";
import { letGo } from "../disk/let-go.ts";
import { readFully } from "../disk/read-fully.ts";
import { partsOfFolder } from "../disk/session-paths.ts";
import { PackedFile } from "../packed/packed-file.ts";

const CHUNK = 1 << 20;
/** What is looked for is not longer. */
const OVERLAP = 64 << 10;

/**
 * The folders of a session, in the quarantine and in the trash, in which an edit finds something. They hold files that
 * cannot be read as a session, or that an earlier version moved there: nothing in them can be replaced.
 */
export async function foldersToGiveUp(
  { disk, paths }: FileContext,
  id: SessionId,
  edit: SessionEdit,
): Promise<string[]> {
  const found: string[] = [];
  for (const parent of [paths.quarantine, paths.trash]) {
    for (const name of disk.list(parent) ?? []) {
      if (partsOfFolder(name)?.id !== id) continue;
      const folder = join(parent, name);
      let holds = false;
      for (const file of disk.list(folder) ?? [])
        if (await fileHolds(disk, id, join(folder, file), edit)) holds = true;
      if (holds) found.push(folder);
    }
  }
  return found;
}

/**
 * Whether an edit finds something in the text of a file, whatever that is, packed or not, or cannot look at all of it.
 * Memory: a few chunks.
 */
export async function fileHolds(
  disk: Disk,
  id: SessionId,
  path: string,
  edit: SessionEdit,
  isCopy = false,
): Promise<boolean> {
  const file = disk.stat(path)?.kind === "file" ? disk.openToRead(path) : undefined;
  if (file === undefined) return false;
  edit.at({ kind: "file", path, isCopy });
  try {
    const packed = PackedFile.open(file, id);
    const content = packed ?? file;
    let holds = false;
    const buffer = Buffer.allocUnsafe(CHUNK + OVERLAP);
    for (let position = 0; ; position += CHUNK) {
      const count = await readFully(content, buffer, position);
      const isLast = count < buffer.length;
      const text = buffer.toString("utf8", 0, count);
      const until = isLast ? text.length : buffer.toString("utf8", 0, CHUNK).length;
      if (edit.look(text, until)) holds = true;
      if (!isLast) continue;
      // What of a packed file cannot be unpacked may hold anything, and somebody else may be able to.
      return holds || packed?.damage !== undefined;
    }
  } finally {
    letGo(file);
  }
}

/** Removes folders for good; a crash leaves each whole, or on its way out in `tmp/`. */
export async function giveUpFolders({ disk, paths }: FileContext, folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    const aside = join(paths.temporary, basename(folder));
    await disk.rename(folder, aside, "quarantine.move");
    await disk.syncDirectory(dirname(folder), "quarantine.sync-directory");
    for (const name of disk.list(aside) ?? []) await disk.remove(join(aside, name), "temporary.remove");
    await disk.remove(aside, "temporary.remove");
  }
}

/** Whether there is something on its way for a session, or a crash has left it. */
export function isInTemporary({ disk, paths }: FileContext, id: SessionId): boolean {
  return (disk.list(paths.temporary) ?? []).some((name) => name.includes(id));
}

/** Whether an edit finds something in what a crash left of a session in `tmp/`. */
export async function isLeftInTemporary(
  { disk, paths }: FileContext,
  id: SessionId,
  edit: SessionEdit,
): Promise<boolean> {
  let holds = false;
  for (const name of disk.list(paths.temporary) ?? []) {
    if (!name.includes(id)) continue;
    const path = join(paths.temporary, name);
    const files = disk.stat(path)?.kind === "directory" ? (disk.list(path) ?? []) : [""];
    for (const file of files) if (await fileHolds(disk, id, join(path, file), edit, true)) holds = true;
  }
  return holds;
}

/** Removes what is on its way in `tmp/` for a session: nobody gives it its name any more. */
export async function sweepTemporary({ disk, paths }: FileContext, id: SessionId): Promise<void> {
  for (const name of disk.list(paths.temporary) ?? []) {
    if (!name.includes(id)) continue;
    const path = join(paths.temporary, name);
    if (disk.stat(path)?.kind === "directory")
      for (const inside of disk.list(path) ?? []) await disk.remove(join(path, inside), "temporary.remove");
    await disk.remove(path, "temporary.remove");
  }
}
