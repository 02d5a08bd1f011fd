import type { SessionId } from "../../session/session-id.ts";
import type { TakenOver } from "../../session/taken-over.ts";
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
  /** So many of its first messages, and so many of its tokens, came from there. */
  takenOver: TakenOver = { messages: 0, tokens: 0 };
  readonly conversation = new Conversation();
  readonly facts = new SessionFacts();

  /** Everything that it has so far was said in the session that it is a fork of. */
  tookOver(): void {
    const { length, tokens } = this.conversation;
    this.takenOver = { messages: length, tokens };
  }
}
