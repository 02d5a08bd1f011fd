import type { RemoveOptions, StorageEngine } from "../engine/contract.ts";
import type { SessionId } from "../session/session-id.ts";

export interface DeleteOptions extends RemoveOptions {
  /**
   * The sessions of its sub-agents too, and of theirs. They are looked for in a listing; `false` leaves them, and looks
   * for none. Default: true.
   */
  readonly subagents?: boolean | undefined;
  /** Told each session that was removed. */
  readonly onRemove?: ((id: SessionId) => void) | undefined;
}

/** Removes a session; returns whether there was one. */
export async function deleteSession(
  engine: StorageEngine,
  id: SessionId,
  { trash, subagents = true, onRemove }: DeleteOptions,
): Promise<boolean> {
  // The sub-agents' first: whoever is interrupted finds the session still there, and removes it again.
  const others = subagents ? await subagentsOf(engine, id) : [];
  let removed = false;
  for (const one of [...others.reverse(), id]) {
    removed = await engine.remove(one, { trash });
    if (removed) onRemove?.(one);
  }
  return removed;
}

/** The sessions of a session's sub-agents, and of theirs: those nearest to it first, each once. */
export async function subagentsOf(engine: StorageEngine, id: SessionId): Promise<SessionId[]> {
  const found = new Set([id]);
  for (const parentId of found)
    for (const child of (await engine.list({ parentId })).sessions) found.add(child.id);
  found.delete(id);
  return [...found];
}
