import type { SessionSummary } from "../../index.ts";

/** A session in a tree of sessions, and how the branch that leads to it is drawn. */
export interface TreeRow {
  readonly session: SessionSummary;
  /** `├─ `, `└─ ` and what runs past it; empty for a root. */
  readonly branch: string;
  readonly depth: number;
}

/** The session that this one stands under: the one that began it, or the one that it is a fork of. */
export function parentOf({ parentId, custom }: SessionSummary): string | undefined {
  return parentId ?? custom["forked_from"]?.split("@")[0];
}

/**
 * Sub-agents and forks under their parent, the first one first; roots in the order that they come in. Who has no parent
 * among the sessions is a root.
 */
export function treeOf(sessions: readonly SessionSummary[]): TreeRow[] {
  const known = new Set<string>(sessions.map(({ id }) => id));
  const children = new Map<string, SessionSummary[]>();
  const roots: SessionSummary[] = [];
  for (const session of sessions) {
    const parent = parentOf(session);
    if (parent === undefined || !known.has(parent) || parent === session.id) roots.push(session);
    else children.set(parent, [session, ...(children.get(parent) ?? [])]);
  }
  for (const some of children.values()) some.sort((left, right) => compare(left.createdAt, right.createdAt));
  const rows: TreeRow[] = [];
  const seen = new Set<string>();
  const grow = (session: SessionSummary, branch: string, past: string, depth: number): void => {
    if (seen.has(session.id)) return;
    seen.add(session.id);
    rows.push({ session, branch, depth });
    const below = children.get(session.id) ?? [];
    for (const [index, child] of below.entries()) {
      const isLast = index === below.length - 1;
      grow(child, `${past}${isLast ? "└─ " : "├─ "}`, `${past}${isLast ? "   " : "│  "}`, depth + 1);
    }
  };
  for (const root of roots) grow(root, "", "", 0);
  // Sessions that name each other as their parent have no root; they are shown all the same.
  for (const session of sessions) grow(session, "", "", 0);
  return rows;
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
