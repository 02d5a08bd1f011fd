import type { SessionSummary } from "../../session/summary.ts";
import { isPinned } from "../organize.ts";

/** Why a session stays although the rule would have it go. `newest`: it is among those that `keep` names. */
export type Protection = "held" | "pinned" | "newest";

/** What keeps a session from every cleanup, whatever the rule says. */
export function protectionOf(summary: SessionSummary): Protection | undefined {
  if (isHeld(summary)) return "held";
  return isPinned(summary) ? "pinned" : undefined;
}

/** Whether someone holds the session right now. The one place that asks: nobody can hold one yet. */
function isHeld(_summary: SessionSummary): boolean {
  return false;
}
