import type { SessionId } from "../../../session/session-id.ts";
import type { StoredHead } from "../../contract.ts";
import { readCheckpointHeader } from "../checkpoint/checkpoint-reader.ts";
import { openState } from "../checkpoint/checkpoint-writer.ts";
import type { Disk } from "../disk/disk.ts";
import type { SessionPaths } from "../disk/session-paths.ts";

/**
 * A session without its messages: the checkpoint's beginning, and what the journal behind it sets. `undefined` when
 * the files are not ours or not in order; then reading the session whole tells.
 */
export async function readHead(
  disk: Disk,
  paths: SessionPaths,
  id: SessionId,
): Promise<StoredHead | undefined> {
  const file =
    disk.stat(paths.checkpoint(id))?.kind === "file" ? disk.openToRead(paths.checkpoint(id)) : undefined;
  if (file === undefined) return undefined;
  try {
    if (readCheckpointHeader(file)?.id !== id) return undefined;
  } finally {
    file.close();
  }
  const state = await openState(disk, paths, id, { check: false });
  if (state === undefined) return undefined;
  try {
    if (state.checkpoint === undefined) return undefined;
    const { position, updatedAt, head, pieces } = state;
    return {
      id,
      revision: position.revision,
      tag: position.checksum,
      updatedAt,
      head,
      messageCount: pieces.count,
    };
  } finally {
    state.close();
  }
}
