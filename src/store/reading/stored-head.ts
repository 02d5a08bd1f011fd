import type { StorageEngine, StoredHead } from "../../engine/contract.ts";
import type { SessionId } from "../../session/session-id.ts";

export type { StoredHead };

/** A stored session without its messages, `undefined` when there is none. */
export async function storedHead(engine: StorageEngine, id: SessionId): Promise<StoredHead | undefined> {
  if (engine.head !== undefined) return await engine.head(id);
  const stored = await engine.read(id);
  return stored === undefined ? undefined : { ...stored, messageCount: stored.messages.length };
}
