import type { SessionId } from "../session/session-id.ts";
import type { Problem } from "./problem.ts";
import type { FileOutcome } from "./store/file-outcome.ts";
import type { KnownFile } from "./store/import-ledger.ts";
import { importStateOf } from "./store/import-state.ts";

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

export function resultOf(
  path: string,
  format: string,
  { named, main, plan, others, harvest }: FileOutcome,
): ImportResult {
  const { problems, ...told } = harvest;
  // Of a file that was not read again, what was noted the last time.
  const before = plan.type === "unchanged" ? importStateOf(plan.stored.head) : undefined;
  const problemCount = before?.problems ?? told.problemCount;
  const lossy = before?.lossy ?? told.lossy;
  return {
    ...{ path, format, sessionId: plan.id, outcome: outcomeOf(plan.type, main?.changed ?? false) },
    messagesAdded: main?.added ?? 0,
    divergedFrom: plan.id === named ? undefined : named,
    forkedFrom: harvest.main.forkedFrom ?? plan.stored?.head.custom["forked_from"],
    others: others.map(({ id, isNew, changed, added }) => {
      const outcome = isNew ? "created" : changed ? "extended" : "unchanged";
      return { sessionId: id, outcome, messagesAdded: added };
    }),
    ...{ problems, problemCount, lossy },
  };
}

function outcomeOf(plan: FileOutcome["plan"]["type"], changed: boolean): ImportOutcome {
  if (plan === "new") return "created";
  if (plan === "rewritten") return "rewritten";
  return changed ? "extended" : "unchanged";
}

/** Of a file that looks as it did: what was noted of it. */
export function unchanged(path: string, { format, sessionId, problemCount, lossy }: KnownFile): ImportResult {
  return {
    ...{
      path,
      format: format ?? "",
      sessionId: sessionId as SessionId,
      outcome: "unchanged",
      messagesAdded: 0,
    },
    ...{ divergedFrom: undefined, forkedFrom: undefined, others: [], problems: [], problemCount, lossy },
  };
}

export function inTrash(path: string, format: string, sessionId: SessionId): ImportResult {
  return {
    ...{ path, format, sessionId, outcome: "in trash", messagesAdded: 0 },
    ...{ divergedFrom: undefined, forkedFrom: undefined, others: [] },
    ...{ problems: [], problemCount: 0, lossy: false },
  };
}
