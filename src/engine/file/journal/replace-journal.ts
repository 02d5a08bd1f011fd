import type { SessionId } from "../../../session/session-id.ts";
import { appendFully } from "../disk/append-fully.ts";
import type { FileContext } from "../disk/file-context.ts";
import type { Step } from "../disk/disk.ts";
import { Journal } from "./journal.ts";
import { letGo } from "../disk/let-go.ts";

/**
 * Puts a checked copy in the place of a journal whose sync failed.
 * @param to the logical offset up to which it is copied.
 * @param expected the checksum of the record that the copy must end with, where that is known.
 */
export async function replaceByCopy(
  context: FileContext,
  id: SessionId,
  source: Journal,
  to: number,
  expected?: string,
): Promise<void> {
  const { disk, paths } = context;
  const temporary = paths.newTemporary(id);
  const copy = disk.create(temporary, "journal.replace.write");
  let isReplaced = false;
  try {
    try {
      for await (const bytes of source.copy(source.header.origin, to))
        await appendFully(copy, bytes, "journal.replace.write");
      await copy.sync("journal.replace.sync");
      await check(Journal.in(copy, id), expected);
    } finally {
      letGo(copy);
    }
    await disk.rename(temporary, paths.journal(id), "journal.replace.rename");
    isReplaced = true;
  } finally {
    if (!isReplaced) await disk.remove(temporary, "temporary.remove").catch(() => undefined);
  }
  await disk.syncDirectory(paths.root, "journal.sync-directory");
  context.report({
    kind: "journal-replaced",
    sessionId: id,
    message: "A sync of the session's journal failed; a checked copy has taken its place.",
  });
}

/** What was read for the copy came from memory: that it is whole is told by its checksums, not by the read. */
async function check(copy: Journal | undefined, expected: string | undefined): Promise<void> {
  if (copy === undefined) throw new Error("the copy of the journal has no header");
  const scan = await copy.scan(copy.begin);
  if (scan.damage !== undefined) throw new Error(`the copy of the journal is damaged: ${scan.damage.detail}`);
  if (expected !== undefined && scan.position.checksum !== expected)
    throw new Error("the copy of the journal ends elsewhere than the journal did");
}

/**
 * Makes a session's journal durable, with everything that is in it. A file whose sync fails is not trusted again,
 * since the next sync may succeed though nothing was written: a copy takes its place.
 * @returns false when a copy did; `journal` is to be closed then.
 * @throws the sync's error when that was not possible either.
 */
export async function syncJournal(
  context: FileContext,
  id: SessionId,
  journal: Journal,
  step: Step,
): Promise<boolean> {
  const { disk, paths, distrusted } = context;
  const { inode } = journal.stat();
  let error: unknown;
  if (distrusted.get(id) !== inode) {
    try {
      await journal.sync(step);
      return true;
    } catch (failure) {
      // What is packed is made anew from nothing else; whoever meets it again syncs it again.
      if (journal.isPacked) throw failure;
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
    await replaceByCopy(context, id, journal, journal.end);
  } catch (failure) {
    throw (error ?? failure) as Error;
  }
  distrusted.delete(id);
  return false;
}
