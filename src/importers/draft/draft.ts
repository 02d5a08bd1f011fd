import type { SessionId } from "../../session/session-id.ts";
import { Conversation } from "./conversation.ts";
import { SessionFacts } from "./facts.ts";

/** A session in the making. */
export class SessionDraft {
  /** `undefined` until the file has told it. */
  id: SessionId | undefined;
  /** The session that it is a sub-agent of. */
  parentId: SessionId | null = null;
  /** The session that it began as a copy of. */
  forkedFrom: string | undefined;
  /** So many of its first messages came from there. */
  takenOver = 0;
  readonly conversation = new Conversation();
  readonly facts = new SessionFacts();
}
