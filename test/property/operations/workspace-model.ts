import type { Life, State } from "./session-model.ts";

/** Which sessions are of one workspace. The paths of these tests are on no machine. */
export interface Groups {
  of(id: string): string | undefined;
  /** Whether a session is among those of the workspace that a path is in. */
  isIn(id: string, path: string): boolean;
}

/** By id; a path is the workspace of the only id that sessions have there. */
export function groupsOf(lives: ReadonlyMap<string, Life>): Groups {
  const idsAt = new Map<string, Set<string>>();
  for (const { now } of lives.values()) {
    if (now.workspacePath === null || now.workspaceId === null) continue;
    const ids = idsAt.get(now.workspacePath) ?? new Set();
    idsAt.set(now.workspacePath, ids.add(now.workspaceId));
  }
  const atPath = (path: string): string => {
    const [id, other] = idsAt.get(path) ?? [];
    return id !== undefined && other === undefined ? `id ${id}` : `at ${path}`;
  };
  const of = (id: string): string | undefined => {
    const { workspacePath = null, workspaceId = null } = lives.get(id)?.now ?? {};
    if (workspaceId !== null) return `id ${workspaceId}`;
    return workspacePath === null ? undefined : atPath(workspacePath);
  };
  return {
    of,
    isIn: (id, path) => lives.get(id)?.now.workspacePath === path || of(id) === atPath(path),
  };
}

/** How many messages count as a session's: what a fork took over counts in a session that is there. */
export function countedOf(lives: ReadonlyMap<string, Life>, { messages, takenOver, custom }: State): number {
  const isThere = lives.has((custom["forked_from"] ?? "").slice(0, 36));
  return messages.length - (isThere ? Math.min(takenOver, messages.length) : 0);
}

export interface WorkspaceFacts {
  readonly sessionCount: number;
  readonly messageCount: number;
  readonly paths: readonly string[];
}

/** What there is of each workspace, in no order. */
export function workspacesOf(lives: ReadonlyMap<string, Life>): WorkspaceFacts[] {
  const groups = groupsOf(lives);
  const grouped = Map.groupBy(lives, ([id]) => groups.of(id));
  grouped.delete(undefined);
  return [...grouped.values()].map((members) => ({
    sessionCount: members.length,
    messageCount: members.reduce((sum, [, { now }]) => sum + countedOf(lives, now), 0),
    paths: [...new Set(members.flatMap(([, { now }]) => now.workspacePath ?? []))].sort(),
  }));
}

/** Where relinked sessions are from now on, by id. */
export function relinked(lives: ReadonlyMap<string, Life>, from: string, to: string): Map<string, string> {
  const found = new Map<string, string>();
  const isId = /^[0-9a-f]{8}-/.test(from);
  const rest = (path: string, above: string): string | undefined =>
    path === above ? "" : path.startsWith(`${above}/`) ? path.slice(above.length) : undefined;
  for (const [id, { now }] of lives) {
    const { workspacePath: path, workspaceId } = now;
    if (isId) {
      if (workspaceId === from) found.set(id, to);
      continue;
    }
    const below = path === null || rest(path, to) !== undefined ? undefined : rest(path, from);
    if (below !== undefined) found.set(id, to + below);
  }
  return found;
}
