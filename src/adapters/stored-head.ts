import type { SessionId } from "../session/session-id.ts";
import type { SessionStore } from "../store/session-store.ts";

type Engine = SessionStore["engine"];

/** A stored session without its messages, `undefined` when there is none. */
export async function storedHead(
  engine: Engine,
  id: SessionId,
): Promise<Awaited<ReturnType<NonNullable<Engine["head"]>>>> {
  if (engine.head !== undefined) return await engine.head(id);
  const stored = await engine.read(id);
  return stored === undefined ? undefined : { ...stored, messageCount: stored.messages.length };
}
