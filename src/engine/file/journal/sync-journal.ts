import type { SessionId } from "../../../session/session-id.ts";
import type { DiskFile, Step } from "../disk/disk.ts";
import type { FileContext } from "../disk/file-context.ts";
import { replaceWholeJournal } from "./replace-journal.ts";

/**
 * Makes a session's journal durable, with everything that is in it. A file whose sync fails is not trusted again,
 * since the next sync may succeed though nothing was written: a copy takes its place.
 * @returns false when a copy did; `file` is to be closed then.
 * @throws the sync's error when that was not possible either.
 */
export async function syncJournal(
  context: FileContext,
  id: SessionId,
  file: DiskFile,
  step: Step,
): Promise<boolean> {
  const { disk, paths, distrusted } = context;
  const { inode } = file.stat();
  let error: unknown;
  if (distrusted.get(id) !== inode) {
    try {
      await file.sync(step);
      return true;
    } catch (failure) {
      error = failure;
      distrusted.set(id, inode);
    }
  }
  // Under its name there may be another file by now: a copy that was made before, or someone else's.
  if (disk.stat(paths.journal(id))?.inode !== inode) {
    if (error !== undefined) throw error as Error;
    distrusted.delete(id);
    return false;
  }
  try {
    await replaceWholeJournal(context, id, file);
  } catch (failure) {
    throw (error ?? failure) as Error;
  }
  distrusted.delete(id);
  return false;
}
