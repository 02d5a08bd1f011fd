import type { SessionSummary } from "../../index.ts";
import { isPinned } from "../../session/summary/marks.ts";
import { labelOf } from "../../session/summary/summary.ts";
import type { Turn } from "../../faces/whose-turn.ts";
import { treeOf } from "./session-tree.ts";
import { tableLines, type Column } from "./table.ts";
import { oneLine } from "./text-width.ts";
import { age, grouped } from "./units.ts";

/** Title and age stay; the others go in this order when the window is narrow. */
const COLUMNS: readonly Column[] = [
  { header: "SESSION", goes: 6 },
  { header: "AGE", align: "right" },
  { header: "AGENT", goes: 4 },
  { header: "PROJECT", shrinksTo: 10, goes: 3 },
  { header: "BRANCH", shrinksTo: 8, goes: 1 },
  { header: "PROMPTS", align: "right", goes: 2 },
  { header: "TITLE", shrinksTo: 24 },
];

interface TableOptions {
  readonly now: Date;
  readonly width: number | undefined;
  readonly isTree: boolean;
  readonly turns: ReadonlyMap<string, Turn>;
}

/** Lines of a table of sessions, its header first, and how long the ids are that they begin with. */
export function sessionLines(
  sessions: readonly SessionSummary[],
  { now, width, isTree, turns }: TableOptions,
): { readonly lines: readonly string[]; readonly idLength: number } {
  const idLength = shortestDistinct(sessions.map(({ id }) => id));
  const shown = isTree ? treeOf(sessions) : sessions.map((session) => ({ session, branch: "" }));
  const rows = shown.map(({ session, branch }) => [
    session.id.slice(0, idLength),
    age(session.updatedAt, now),
    oneLine(session.source),
    projectOf(session),
    oneLine(session.branch ?? ""),
    session.prompts === null ? "" : grouped(session.prompts),
    branch + marksOf(session, isTree, turns.get(session.id)) + forkOf(session) + oneLine(labelOf(session)),
  ]);
  const lines = width === undefined ? tableLines(COLUMNS, rows, width) : fittingLines(rows, width);
  const hasIds = lines[0]?.startsWith("SESSION") ?? false;
  return { lines, idLength: hasIds ? idLength : 0 };
}

/** On a terminal a column that says nothing takes no room. */
function fittingLines(rows: readonly (readonly string[])[], width: number): string[] {
  const says = COLUMNS.map((_, index) => rows.some((cells) => cells[index] !== ""));
  const kept = <T>(values: readonly T[]): T[] => values.filter((_, index) => says[index]);
  return tableLines(kept(COLUMNS), rows.map(kept), width);
}

/** How many messages a fork has of its own, and how many it took over. */
function forkOf({ messageCount, takenOver }: SessionSummary): string {
  return takenOver === 0 ? "" : `fork ${grouped(messageCount - takenOver)} (+${grouped(takenOver)}) `;
}

/** The last part of the project's path. */
export function projectOf({ workspacePath }: Pick<SessionSummary, "workspacePath">): string {
  const parts = workspacePath?.split(/[\\/]/).filter((part) => part !== "") ?? [];
  const name = parts.at(-1) ?? workspacePath ?? "";
  // Work trees are called 1, 2, …: such a name says nothing without the one before.
  return oneLine(/^\d{1,3}$/.test(name) ? parts.slice(-2).join("/") : name);
}

/** What stands before a title: that it is a sub-agent's session, that it is pinned, who holds it, whose turn it is. */
export function marksOf(summary: SessionSummary, isTree = false, turn?: Turn): string {
  const { parentId, held } = summary;
  const marks = (parentId === null || isTree ? "" : "↳ ") + (isPinned(summary) ? "★ " : "");
  if (held !== null) return `${marks}[held by ${oneLine(held.by)}] `;
  return marks + (turn === undefined ? "" : turn === "yours" ? "[your turn] " : "[in a call] ");
}

/** Of a store without any, whoever comes for the first time learns how it gets some. */
export function noSessions({ location }: { readonly location: string }): string {
  return `No sessions in ${location}. "astrid-sessions sync" finds what your agents recorded, and brings it in.`;
}

/** How many characters tell the ids apart; eight at least. */
export function shortestDistinct(ids: readonly string[]): number {
  for (let length = 8; length < 36; length++) {
    if (new Set(ids.map((id) => id.slice(0, length))).size === ids.length) return length;
  }
  return 36;
}
