import { realpath } from "node:fs/promises";
import type { SessionSummary } from "../session/summary.ts";
import { Workspace } from "../home/workspace.ts";

/**
 * The summaries of sessions that belong to the workspace that `path` is in: those with its id, and those whose path
 * is the given one, or leads to the same directory.
 */
export async function sessionsOfWorkspace(
  path: string,
  summaries: readonly SessionSummary[],
): Promise<SessionSummary[]> {
  const workspace = await Workspace.detect(path);
  const places = new Set([path, workspace.root, workspace.realPath]);
  for (const other of new Set(summaries.map(({ workspacePath }) => workspacePath))) {
    if (other !== null && !places.has(other) && (await realPathOf(other)) === workspace.realPath)
      places.add(other);
  }
  return summaries.filter(
    ({ workspacePath, workspaceId }) =>
      (workspacePath !== null && places.has(workspacePath)) ||
      (workspace.id !== undefined && workspaceId === workspace.id),
  );
}

async function realPathOf(path: string): Promise<string | undefined> {
  return await realpath(path).catch(() => undefined);
}
