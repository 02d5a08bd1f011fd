import { Workspace } from "../../home/workspace.ts";

const MOST_KNOWN = 1000;
const known = new Map<string, { readonly id: string | null; readonly until: number }>();
/** A project may be given an id while an import runs. */
const KNOWN_FOR = 10_000;

/** The id of the workspace, when its directory is on this machine and has one. Asked again and again by one import. */
export async function workspaceIdOf(path: string | null): Promise<string | null> {
  if (path === null) return null;
  const found = known.get(path);
  if (found !== undefined && found.until > Date.now()) return found.id;
  const id = (await Workspace.detect(path)).id ?? null;
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(path, { id, until: Date.now() + KNOWN_FOR });
  return id;
}
