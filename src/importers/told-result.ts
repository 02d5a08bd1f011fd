import type { SessionId } from "../session/session-id.ts";
import type { ImportOutcome, ImportResult } from "./import-result.ts";
import type { FileOutcome } from "./store/file-outcome.ts";
import type { KnownFile } from "./store/import-ledger.ts";
import { importStateOf } from "./store/import-state.ts";

/** What an import tells of a file that it worked through. */
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
