import type { SessionId } from "../../../session/session-id.ts";
import { appendFullyNow } from "../disk/append-fully.ts";
import { readCheckpoint } from "./checkpoint-reader.ts";
import { writeCheckpoint, type OpenedState } from "./checkpoint-writer.ts";
import type { DiskFile } from "../disk/disk.ts";
import type { FileContext } from "../disk/file-context.ts";
import { encodeCheckpointMark } from "../journal/journal-record.ts";
import type { KnownCheckpoint } from "../read/known-session.ts";
import { copyToQuarantine } from "../disk/quarantine.ts";

/** A checkpoint that is written and synced, but does not have its name yet. */
export interface WrittenCheckpoint {
  readonly path: string;
  readonly revision: number;
  readonly offset: number;
  readonly written: number;
}

/** Writes the state into a temporary file. Needs no lock. */
export async function prepareCheckpoint(
  context: FileContext,
  id: SessionId,
  state: OpenedState,
  writtenBefore: number,
): Promise<WrittenCheckpoint> {
  const { path, size } = await writeCheckpoint(context.disk, context.paths, id, state, writtenBefore);
  return {
    path,
    revision: state.position.revision,
    offset: state.position.offset,
    written: writtenBefore + size,
  };
}

/** Puts a checkpoint in its place and notes it in the journal. The caller holds the session's lock. */
export async function placeCheckpoint(
  context: FileContext,
  id: SessionId,
  checkpoint: WrittenCheckpoint,
  journal: DiskFile,
): Promise<KnownCheckpoint> {
  const { disk, paths } = context;
  const path = paths.checkpoint(id);
  await disk.rename(checkpoint.path, path, "checkpoint.rename");
  await disk.syncDirectory(paths.root, "checkpoint.sync-directory");
  appendFullyNow(journal, encodeCheckpointMark(checkpoint.revision), "checkpoint.mark");
  const stat = disk.stat(path);
  if (stat === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: "ENOENT" });
  const { revision, offset, written } = checkpoint;
  return { stat, revision, offset, written };
}

/** Keeps the bytes of a checkpoint that cannot be read before another one takes its place. */
export async function keepUnreadableCheckpoint(context: FileContext, id: SessionId): Promise<void> {
  const { disk, paths } = context;
  const path = paths.checkpoint(id);
  if (disk.stat(path)?.kind !== "file") return;
  const file = disk.openToRead(path);
  if (file === undefined) return;
  try {
    const found = await readCheckpoint(file, id);
    if (found.kind === "unreadable") await copyToQuarantine(context, id, path, found.detail);
  } finally {
    file.close();
  }
}
