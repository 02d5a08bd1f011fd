import type { SessionId } from "../../../session/session-id.ts";
import { isSame, type FileStat } from "../disk/disk.ts";
import type { FileContext } from "../disk/file-context.ts";

/** A checkpoint that is written and synced, but does not have its name yet. */
export interface WrittenCheckpoint {
  readonly path: string;
  /** Of the journal that it belongs to. */
  readonly journalKey: string | undefined;
  readonly life: number;
  readonly revision: number;
  /** Of the commit that it ends with. */
  readonly checksum: string;
  /** Logical offset in the journal behind what it covers. */
  readonly covers: number;
  /** Bytes of all checkpoints of the session, this one included. */
  readonly written: number;
}

/**
 * Gives a checkpoint its name. The caller holds the session's lock. Someone else may write to the document at any
 * moment: it is looked at again right before.
 * @param expected the document that is known to stand there, and may be replaced.
 * @returns the checkpoint's stat; `undefined` when the document is another one by now, and nothing was done.
 */
export async function placeCheckpoint(
  { disk, paths }: FileContext,
  id: SessionId,
  checkpoint: WrittenCheckpoint,
  expected: FileStat | undefined,
): Promise<FileStat | undefined> {
  const path = paths.checkpoint(id);
  const ready = disk.stat(checkpoint.path);
  const found = disk.stat(path);
  if (!isSame(found, expected) || ready === undefined) return undefined;
  await disk.rename(checkpoint.path, path, "checkpoint.rename", Math.max(ready.size, found?.size ?? 0));
  await disk.syncDirectory(paths.root, "checkpoint.sync-directory");
  return ready;
}
