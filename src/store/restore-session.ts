import type { StorageEngine } from "../engine/contract.ts";
import { ConflictError } from "../session/errors/errors.ts";
import type { SessionId } from "../session/session-id.ts";

export interface RestoreOptions {
  /** The sessions of its sub-agents that are in the trash too, and of theirs; `false` leaves them. Default: true. */
  readonly subagents?: boolean | undefined;
  /** Told each session that came back. */
  readonly onRestore?: ((id: SessionId) => void) | undefined;
}

/** Brings a session back from the trash; returns whether it was there. */
export async function restoreSession(
  engine: StorageEngine,
  id: SessionId,
  { subagents = true, onRestore }: RestoreOptions,
): Promise<boolean> {
  // The sub-agents' first, as when they went: whoever is interrupted finds the session in the trash still.
  for (const one of subagents ? await subagentsOf(engine, id) : [])
    if (await restoreSubagent(engine, one)) onRestore?.(one);
  const restored = await engine.restore(id);
  if (restored) onRestore?.(id);
  return restored;
}

/** Those farthest from the session first, each once; none of a session that is not to be restored. */
async function subagentsOf(engine: StorageEngine, id: SessionId): Promise<SessionId[]> {
  const trashed = await engine.trashed();
  if (!trashed.some((one) => one.id === id) || (await isInUse(engine, id))) return [];
  const found = new Set([id]);
  for (const parentId of found) for (const one of trashed) if (one.parentId === parentId) found.add(one.id);
  found.delete(id);
  return [...found].reverse();
}

async function isInUse(engine: StorageEngine, id: SessionId): Promise<boolean> {
  return await engine.summary(id).then(
    (summary) => summary !== undefined,
    () => true,
  );
}

async function restoreSubagent(engine: StorageEngine, id: SessionId): Promise<boolean> {
  try {
    return await engine.restore(id);
  } catch (error) {
    // Its id is in use again: what is there stays, and so does what is in the trash.
    if (error instanceof ConflictError) return false;
    throw error;
  }
}
