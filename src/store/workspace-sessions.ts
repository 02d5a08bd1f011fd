import { realpath } from "node:fs/promises";
import type { ListQuery, StorageEngine } from "../engine/contract.ts";
import { pageOf } from "../engine/list-query.ts";
import type { SessionId } from "../session/session-id.ts";
import type { SessionSummary } from "../session/summary.ts";
import { Workspace } from "../home/workspace.ts";

/**
 * The summaries of sessions that belong to the workspace that `path` is in: those with its id, and those whose path
 * is the given one, or leads to the same directory. Newest first.
 */
export async function sessionsOfWorkspace(
  path: string,
  engine: StorageEngine,
  query: Omit<ListQuery, "workspace" | "limit" | "cursor"> = {},
): Promise<SessionSummary[]> {
  const workspace = await Workspace.detect(path);
  const places = new Set([path, workspace.root, workspace.realPath]);
  for (const other of await workspacePaths(engine)) {
    if (!places.has(other) && (await realPathOf(other)) === workspace.realPath) places.add(other);
  }
  const found = new Map<SessionId, SessionSummary>();
  for (const place of places) {
    const { sessions } = await engine.list({ ...query, workspace: { path: place, id: workspace.id } });
    for (const summary of sessions) found.set(summary.id, summary);
  }
  return pageOf(found.values(), { order: query.order }).sessions;
}

async function workspacePaths(engine: StorageEngine): Promise<Iterable<string>> {
  if (engine.workspacePaths !== undefined) return await engine.workspacePaths();
  const { sessions } = await engine.list({});
  return new Set(sessions.flatMap(({ workspacePath }) => workspacePath ?? []));
}

async function realPathOf(path: string): Promise<string | undefined> {
  return await realpath(path).catch(() => undefined);
}
