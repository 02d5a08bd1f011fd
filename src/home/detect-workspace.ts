import { realpath, stat } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import type { InvalidWorkspaceIdError } from "../session/errors/errors.ts";
import { userHome, type Environment } from "./astrid-home.ts";
import { gitDirectory, type GitDirectory } from "./git-directory.ts";
import { isOwnPath } from "./own-path.ts";
import { readWorkspaceId, workspaceIdFile } from "./workspace-id.ts";

/** What is known of a workspace when it is found; see `Workspace`. */
export interface WorkspaceFacts {
  readonly root: string;
  readonly realPath: string;
  /**
   * What it has in common with nothing but its other work trees, where it has no id: the repository's directory and the
   * place in it, or else the real path.
   */
  readonly place: string;
  readonly idFile: string;
  readonly id: string | InvalidWorkspaceIdError | undefined;
}

/** Which directories are marked as a project's, and their git directories: each is looked at once. */
export class Marks {
  readonly #env: Environment;
  #homes: Promise<ReadonlySet<string>> | undefined;
  readonly #marked = new Map<string, Promise<boolean>>();
  readonly #git = new Map<string, Promise<GitDirectory | undefined>>();

  constructor(env: Environment = process.env) {
    this.#env = env;
  }

  /** The nearest marked directory, going up from a real path. */
  async above(start: string): Promise<string | undefined> {
    for (const directory of upwards(start)) if (await this.#isMarked(directory)) return directory;
    return undefined;
  }

  /** The nearest git work tree, going up from a real path. */
  async workTreeAbove(start: string): Promise<{ root: string; git: GitDirectory } | undefined> {
    for (const root of upwards(start)) {
      const git = await once(this.#git, root, gitDirectory);
      if (git !== undefined) return { root, git };
    }
    return undefined;
  }

  #isMarked(directory: string): Promise<boolean> {
    return once(this.#marked, directory, async () => {
      const ours = join(directory, ".astrid");
      this.#homes ??= homesOf(this.#env);
      if ((await isDirectory(ours)) && !(await this.#homes).has(await realPathOf(ours))) return true;
      return (await exists(join(directory, ".git"))) || (await exists(join(directory, "ASTRID.md")));
    });
  }
}

/** See `Workspace.detect`. */
export async function detectWorkspace(directory: string, marks: Marks): Promise<WorkspaceFacts> {
  if (!isOwnPath(directory)) return asWritten(directory);
  const start = resolve(directory);
  const realStart = await realPathOf(start);
  const realPath = (await marks.above(realStart)) ?? realStart;
  const root = await sameDirectoryAbove(start, realPath);
  const tree = await marks.workTreeAbove(realPath);
  const place =
    tree === undefined
      ? placeAt(realPath)
      : `git:${await realPathOf(tree.git.common)}\0${relative(tree.root, realPath)}`;
  const own = workspaceIdFile(realPath);
  const main = tree?.git.mainWorkTree;
  const sharedRoot = tree && main && join(main, relative(tree.root, realPath));
  const shared =
    sharedRoot !== undefined && (await isDirectory(sharedRoot)) ? workspaceIdFile(sharedRoot) : undefined;
  const facts = { root, realPath, place };
  try {
    const sharedId = shared === undefined ? undefined : await readWorkspaceId(shared);
    if (shared !== undefined && sharedId !== undefined) return { ...facts, idFile: shared, id: sharedId };
    const id = await readWorkspaceId(own);
    return { ...facts, idFile: id === undefined ? (shared ?? own) : own, id };
  } catch (error) {
    const id = error as InvalidWorkspaceIdError;
    return { ...facts, idFile: id.path, id };
  }
}

/** What a directory is known by that is in no git work tree. */
export function placeAt(realPath: string): string {
  return `at:${realPath}`;
}

/** What a path is known by that means nothing on this machine. */
export function placeAsWritten(path: string): string {
  return `written:${path}`;
}

function asWritten(path: string): WorkspaceFacts {
  const place = placeAsWritten(path);
  return { root: path, realPath: path, idFile: workspaceIdFile(path), place, id: undefined };
}

/** The real path; of a path that does not exist (any more), the real path of the part that does, and the rest. */
export async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realPathOf(parent), path.slice(parent.length));
  }
}

export async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function once<T>(known: Map<string, Promise<T>>, key: string, make: (key: string) => Promise<T>): Promise<T> {
  let one = known.get(key);
  if (one === undefined) known.set(key, (one = make(key)));
  return one;
}

/** A directory and all above it. */
function* upwards(start: string): Generator<string> {
  for (let directory = start; ; directory = dirname(directory)) {
    yield directory;
    if (dirname(directory) === directory) return;
  }
}

/** Every directory that is an Astrid home rather than the mark of a project, as real paths. */
async function homesOf(env: Environment): Promise<ReadonlySet<string>> {
  const home = userHome(env)[1];
  const candidates = [env["ASTRID_HOME"], home && join(home, ".astrid")];
  const paths = candidates.flatMap((path) => (path ? [resolve(path)] : []));
  return new Set(await Promise.all(paths.map(realPathOf)));
}

/** The directory at or above `start` that is `realRoot`, spelled as the caller would; else `realRoot`. */
async function sameDirectoryAbove(start: string, realRoot: string): Promise<string> {
  for (const directory of upwards(start)) if ((await realPathOf(directory)) === realRoot) return directory;
  return realRoot;
}
