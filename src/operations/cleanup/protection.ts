import type { SessionSummary } from "../../session/summary/summary.ts";
import { isPinned } from "../../session/summary/marks.ts";

/** Why a session stays although the rule would have it go. `newest`: it is among those that `keep` names. */
export type Protection = "held" | "pinned" | "newest";

/** What keeps a session from every cleanup, whatever the rule says. */
export function protectionOf(summary: SessionSummary): Protection | undefined {
  if (summary.held !== null) return "held";
  return isPinned(summary) ? "pinned" : undefined;
}
