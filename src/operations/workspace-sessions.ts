import { resolve } from "node:path";
import type { ListQuery, StorageEngine, WorkspaceQuery } from "../engine/contract.ts";
import { pageOf } from "../engine/list-query.ts";
import { isOwnPath } from "../home/own-path.ts";
import type { SessionSummary } from "../session/summary/summary.ts";
import { WorkspaceGroups, type Belonging } from "./workspace-groups.ts";

/** The summaries of the sessions of the workspace that `path` is in, newest first. */
export async function sessionsOfWorkspace(
  path: string,
  engine: StorageEngine,
  query: Omit<ListQuery, "workspace" | "limit" | "cursor"> = {},
): Promise<SessionSummary[]> {
  const workspace = await workspaceAt(path, engine);
  const { sessions } = await engine.list({ ...query, workspace });
  return pageOf(sessions, { order: query.order }).sessions;
}

/**
 * The workspace that `path` is in, by the places where sessions say that they belong: those with its id, and those whose
 * path leads to it (through a symlink, from a directory below, in another work tree of its repository) or is `path` as
 * it was written. A session with another id is another project's, unless the directory has no id to tell.
 */
export async function workspaceAt(path: string, engine: StorageEngine): Promise<WorkspaceQuery> {
  const known = await belongings(engine);
  const groups = await WorkspaceGroups.of(known);
  const here = isOwnPath(path) ? resolve(path) : path;
  const place = await groups.places.at(here);
  const own = groups.inPlace(place);
  const isHere = async ({ workspacePath }: Belonging): Promise<boolean> =>
    workspacePath !== null &&
    (workspacePath === path || (await groups.places.at(workspacePath)).key === place.key);
  const belongs = async (one: Belonging): Promise<boolean> =>
    groups.of(one) === own || ((place.id === undefined || one.workspaceId === null) && (await isHere(one)));

  const places = new Map<string, { path: string | null; id: string | null }>();
  const add = (workspacePath: string | null, id: string | null): void =>
    void places.set(JSON.stringify([workspacePath, id]), { path: workspacePath, id });
  // Sessions with an id and no path.
  if (place.id !== undefined) add(null, place.id);
  for (const one of known) {
    if (!(await belongs(one))) continue;
    const { workspacePath, workspaceId } = one;
    add(workspacePath, workspaceId);
    if (workspaceId !== null && (await belongs({ workspacePath: null, workspaceId }))) add(null, workspaceId);
  }
  return { places: [...places.values()] };
}

/** The pairs of path and id that sessions have. */
async function belongings(engine: StorageEngine): Promise<readonly Belonging[]> {
  if (engine.workspacePlaces === undefined) return (await engine.list({})).sessions;
  const places = await engine.workspacePlaces();
  return places.map(({ path, id }) => ({ workspacePath: path, workspaceId: id }));
}
