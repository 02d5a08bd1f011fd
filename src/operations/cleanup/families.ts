import type { SessionId } from "../../session/session-id.ts";
import type { SessionSummary } from "../../session/summary/summary.ts";
import { timeMs } from "../../session/time.ts";
import type { CleanupRule } from "./rule.ts";

/** A session with the sessions of its sub-agents, and of theirs: what goes, stays and comes back together. */
export interface Family {
  readonly root: SessionSummary;
  /** The root is the last; each one comes before the session that it is a sub-agent of. */
  readonly members: readonly SessionSummary[];
  /** In milliseconds since 1970. */
  readonly time: number;
  readonly bytes: number;
}

/** The families of all these sessions, the newest first. A sub-agent whose parent is not among them has its own. */
export function familiesOf(summaries: readonly SessionSummary[], by: CleanupRule["by"]): Family[] {
  const byId = new Map(summaries.map((summary) => [summary.id, summary]));
  const members = new Map<SessionId, { summary: SessionSummary; depth: number }[]>();
  for (const summary of summaries) {
    const { root, depth } = rootOf(summary, byId);
    const found = members.get(root);
    if (found === undefined) members.set(root, [{ summary, depth }]);
    else found.push({ summary, depth });
  }
  const families: Family[] = [];
  for (const [id, found] of members) {
    const root = byId.get(id);
    if (root === undefined) continue;
    const sorted = found.sort((left, right) => right.depth - left.depth).map(({ summary }) => summary);
    families.push({
      root,
      members: [...sorted.filter((member) => member !== root), root],
      time:
        by === "activity"
          ? Math.max(...sorted.map(({ updatedAt }) => timeMs(updatedAt)))
          : timeMs(root.createdAt),
      bytes: sorted.reduce((sum, { bytes }) => sum + bytes, 0),
    });
  }
  return families.sort((left, right) => right.time - left.time || (left.root.id < right.root.id ? -1 : 1));
}

/** The topmost of a session's ancestors, and how many there are; of sessions that call each other so, one of them. */
function rootOf(
  summary: SessionSummary,
  byId: ReadonlyMap<SessionId, SessionSummary>,
): { root: SessionId; depth: number } {
  const path = [summary.id];
  let current = summary;
  for (;;) {
    const parent = current.parentId === null ? undefined : byId.get(current.parentId);
    if (parent === undefined) return { root: current.id, depth: path.length - 1 };
    const seen = path.indexOf(parent.id);
    if (seen >= 0) return { root: path.slice(seen).sort()[0] ?? current.id, depth: path.length - 1 };
    path.push(parent.id);
    current = parent;
  }
}
