import { derivedSessionId } from "../../importers/identity.ts";
import { InvalidArgumentError } from "../../session/errors/errors.ts";
import { isSessionId, type SessionId } from "../../session/session-id.ts";

/** The session of a thread: the thread's id when it is a UUID, else one that is derived from it, always the same. */
export function sessionIdOf(threadId: unknown): SessionId {
  if (typeof threadId !== "string" || threadId === "") {
    throw new InvalidArgumentError(
      'A thread\'s id must be a string that is not empty: pass { configurable: { thread_id: "…" } }.',
    );
  }
  return isSessionId(threadId) ? threadId : derivedSessionId("langgraph", threadId);
}
