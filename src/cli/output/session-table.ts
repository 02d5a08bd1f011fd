import type { SessionSummary } from "../../index.ts";
import { isPinned } from "../../session/marks.ts";
import { labelOf } from "../../session/summary.ts";
import { treeOf } from "./session-tree.ts";
import { tableLines, type Column } from "./table.ts";
import { oneLine } from "./text-width.ts";
import { age, grouped } from "./units.ts";

/** Title and age stay; the others go in this order when the window is narrow. */
const COLUMNS: readonly Column[] = [
  { header: "SESSION", goes: 5 },
  { header: "AGE", align: "right" },
  { header: "AGENT", goes: 3 },
  { header: "PROJECT", shrinksTo: 10, goes: 2 },
  { header: "MESSAGES", align: "right", goes: 1 },
  { header: "TITLE", shrinksTo: 20 },
];

/** Lines of a table of sessions, its header first, and how long the ids are that they begin with. */
export function sessionLines(
  sessions: readonly SessionSummary[],
  {
    now,
    width,
    isTree,
  }: { readonly now: Date; readonly width: number | undefined; readonly isTree: boolean },
): { readonly lines: readonly string[]; readonly idLength: number } {
  const idLength = shortestDistinct(sessions.map(({ id }) => id));
  const shown = isTree ? treeOf(sessions) : sessions.map((session) => ({ session, branch: "" }));
  const rows = shown.map(({ session, branch }) => [
    session.id.slice(0, idLength),
    age(session.updatedAt, now),
    oneLine(session.source),
    projectOf(session),
    grouped(session.messageCount),
    branch + marksOf(session, isTree) + oneLine(labelOf(session)),
  ]);
  const lines = tableLines(COLUMNS, rows, width);
  const hasIds = lines[0]?.startsWith("SESSION") ?? false;
  return { lines, idLength: hasIds ? idLength : 0 };
}

/** The last part of the project's path. */
export function projectOf({ workspacePath }: Pick<SessionSummary, "workspacePath">): string {
  return oneLine(workspacePath?.split(/[\\/]/).findLast((part) => part !== "") ?? workspacePath ?? "");
}

/** What stands before a title: that it is a sub-agent's session, that it is pinned, and who holds it. */
export function marksOf(summary: SessionSummary, isTree = false): string {
  const { parentId, held } = summary;
  const marks = (parentId === null || isTree ? "" : "↳ ") + (isPinned(summary) ? "★ " : "");
  return marks + (held === null ? "" : `[held by ${oneLine(held.by)}] `);
}

/** How many characters tell the ids apart; eight at least. */
export function shortestDistinct(ids: readonly string[]): number {
  for (let length = 8; length < 36; length++) {
    if (new Set(ids.map((id) => id.slice(0, length))).size === ids.length) return length;
  }
  return 36;
}
