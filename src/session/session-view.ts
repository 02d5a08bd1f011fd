import type { GitState, SessionHead } from "./head.ts";
import type { Json, JsonObject } from "./json/json.ts";
import type { Message } from "./message.ts";
import type { SessionMetadata } from "./metadata.ts";
import { metadataOf } from "./metadata.ts";
import type { SessionId } from "./session-id.ts";

/**
 * A session for reading: an earlier revision, or its last messages only. It has what an `AgentSession` has, frozen, and
 * cannot be saved: `store.append` adds to its session without loading it, `store.fork` goes on from an earlier revision.
 */
export class SessionView {
  readonly id: SessionId;
  /** The revision that this is. */
  readonly revision: number;
  /** When that revision was stored, RFC 3339. */
  readonly updatedAt: string;
  readonly createdAt: string;
  /** The session that this one is a sub-agent of. */
  readonly parentId: SessionId | null;
  readonly userId: string;
  readonly systemPrompt: string;
  readonly tokenCount: number;
  readonly metadata: Readonly<SessionMetadata>;
  readonly workspacePath: string | null;
  readonly workspaceId: string | null;
  readonly model: string | null;
  readonly gitState: GitState | null;
  readonly allowances: readonly Json[];
  readonly budgetSnapshot: JsonObject | null;
  readonly escapeState: JsonObject | null;
  readonly extra: JsonObject;
  /** How many messages the session has at this revision; `messages` may be the last of them only. */
  readonly messageCount: number;
  /** The position in the session of the first of `messages`. */
  readonly firstPosition: number;
  readonly messages: readonly Message[];

  /** @internal */
  constructor({ id, revision, updatedAt, head, messageCount }: StoredView, messages: readonly Message[]) {
    this.id = id;
    this.revision = revision;
    this.updatedAt = updatedAt;
    this.createdAt = head.createdAt;
    this.parentId = head.parentId;
    this.userId = head.userId;
    this.systemPrompt = head.systemPrompt;
    this.tokenCount = head.tokenCount;
    this.metadata = Object.freeze(metadataOf(head));
    this.workspacePath = head.workspacePath;
    this.workspaceId = head.workspaceId;
    this.model = head.model;
    this.gitState = head.gitState;
    this.allowances = head.allowances;
    this.budgetSnapshot = head.budgetSnapshot;
    this.escapeState = head.escapeState;
    this.extra = head.extra;
    this.messageCount = messageCount;
    this.firstPosition = messageCount - messages.length;
    this.messages = Object.freeze(messages.slice());
    Object.freeze(this);
  }
}

interface StoredView {
  readonly id: SessionId;
  readonly revision: number;
  readonly updatedAt: string;
  readonly head: SessionHead;
  readonly messageCount: number;
}
