import type { SessionId } from "./session-id.ts";

/** What a list shows of a session: everything but its messages. */
export interface SessionSummary {
  readonly id: SessionId;
  readonly title: string | null;
  readonly tags: readonly string[];
  readonly userId: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** When the last commit was stored, RFC 3339; for a document that Astrid wrote, the time of the file. */
  readonly updatedAt: string;
  readonly revision: number;
  readonly messageCount: number;
  readonly tokenCount: number;
  readonly workspacePath: string | null;
  readonly workspaceId: string | null;
  /** The session that this one is a sub-agent of. */
  readonly parentId: string | null;
  readonly model: string | null;
  /** Bytes that the session takes in the store. */
  readonly bytes: number;
}

/** The title, or `Session 1a2b3c4d` from the id's first eight digits. */
export function displayTitle(summary: Pick<SessionSummary, "id" | "title">): string {
  return summary.title ?? `Session ${summary.id.slice(0, 8)}`;
}
