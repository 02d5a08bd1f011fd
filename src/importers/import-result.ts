import type { SessionId } from "../session/session-id.ts";
import type { Problem } from "./problem.ts";

export type ImportOutcome =
  /** The session is new. */
  | "created"
  /** The session was there; what it lacked was added. */
  | "extended"
  /** The file was changed in other places than its end; the session has become what it says now. */
  | "rewritten"
  /** The session had everything. */
  | "unchanged"
  /** The session is in the trash, where it stays. */
  | "in trash";

/** What became of one session. */
export interface ImportedSession {
  readonly sessionId: SessionId;
  readonly outcome: ImportOutcome;
  readonly messagesAdded: number;
  /** The agent's own id of it, where a file holds many sessions. */
  readonly source?: string;
  /** The id that the file names, when the session under it went another way: then `sessionId` is another one. */
  readonly divergedFrom?: SessionId | undefined;
}

/** What became of one file. Of a database with many sessions: the one that was begun last, and all `others`. */
export interface ImportResult extends ImportedSession {
  readonly path: string;
  readonly format: string;
  readonly divergedFrom: SessionId | undefined;
  /** The session that it began as a copy of, as far as the file tells. */
  readonly forkedFrom: string | undefined;
  /** Other sessions in the same file: those of sub-agents, and all of a database. */
  readonly others: readonly ImportedSession[];
  /** How many places could not be read as one record, or are to be told for another reason. */
  readonly problemCount: number;
  /** Whether something of the file is in none of the messages that should be. */
  readonly lossy: boolean;
  /** The first of them. */
  readonly problems: readonly Problem[];
}
