import { realpath, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { InvalidWorkspaceIdError } from "../session/errors.ts";
import { userHome, type Environment } from "./astrid-home.ts";
import { gitDirectory } from "./git-directory.ts";
import { createWorkspaceId, readWorkspaceId, workspaceIdFile } from "./workspace-id.ts";

/**
 * A project on this machine: the directory that sessions belong to. Its id, where it has one, survives a rename, a
 * symlink and a `git worktree`; without an id the real path is what sessions are found by.
 *
 * @example
 * const workspace = await Workspace.detect(process.cwd());
 * const session = new AgentSession({ workspacePath: workspace.root, workspaceId: await workspace.ensureId() });
 */
export class Workspace {
  /** The project's directory as the caller reaches it; symlinks on the way are kept. */
  readonly root: string;
  /** The same directory without symlinks. */
  readonly realPath: string;
  /** Where the id is, or would be created. In a linked git work tree that is the main one. */
  readonly idFile: string;
  /** What is wrong with the id file, when it is there and does not hold an id. */
  readonly idError: InvalidWorkspaceIdError | undefined;
  #id: string | undefined;

  private constructor(
    root: string,
    realPath: string,
    idFile: string,
    id: string | InvalidWorkspaceIdError | undefined,
  ) {
    this.root = root;
    this.realPath = realPath;
    this.idFile = idFile;
    this.#id = typeof id === "string" ? id : undefined;
    this.idError = typeof id === "string" ? undefined : id;
  }

  /** A UUID from `.astrid/workspace-id`; `undefined` when there is none (yet). */
  get id(): string | undefined {
    return this.#id;
  }

  /**
   * The workspace that `directory` is in: the nearest directory, going up, that holds `.astrid/`, `.git` or
   * `ASTRID.md`; else `directory` itself. The directory that holds Astrid's own home (`~/.astrid`) is no workspace for
   * that reason alone. Writes nothing; `directory` need not exist.
   */
  static async detect(directory: string, env: Environment = process.env): Promise<Workspace> {
    const start = resolve(directory);
    const realStart = await realPathOf(start);
    const homes = await homesOf(env);
    const realRoot = (await nearestMarked(realStart, homes)) ?? realStart;
    const root = await sameDirectoryAbove(start, realRoot);
    const own = workspaceIdFile(realRoot);
    const main = (await gitDirectory(realRoot))?.mainWorkTree;
    const shared = main !== undefined && (await isDirectory(main)) ? workspaceIdFile(main) : undefined;
    try {
      const sharedId = shared === undefined ? undefined : await readWorkspaceId(shared);
      if (shared !== undefined && sharedId !== undefined)
        return new Workspace(root, realRoot, shared, sharedId);
      const ownId = await readWorkspaceId(own);
      return new Workspace(root, realRoot, ownId === undefined ? (shared ?? own) : own, ownId);
    } catch (error) {
      const idError = error as InvalidWorkspaceIdError;
      return new Workspace(root, realRoot, idError.path, idError);
    }
  }

  /**
   * The id; creates `.astrid/workspace-id` (and `.astrid`, owner only) when there is none. It is on disk when this
   * resolves, and every process that asks gets the same one.
   * @throws {InvalidWorkspaceIdError} when the file holds something else; it is left as it is.
   * @throws {StorageError} when it cannot be created, say because the project is read-only.
   */
  async ensureId(): Promise<string> {
    this.#id ??= (await readWorkspaceId(this.idFile)) ?? (await createWorkspaceId(this.idFile));
    return this.#id;
  }
}

async function nearestMarked(start: string, homes: ReadonlySet<string>): Promise<string | undefined> {
  for (let directory = start; ; directory = dirname(directory)) {
    if (await isMarked(directory, homes)) return directory;
    if (dirname(directory) === directory) return undefined;
  }
}

async function isMarked(directory: string, homes: ReadonlySet<string>): Promise<boolean> {
  const ours = join(directory, ".astrid");
  if ((await isDirectory(ours)) && !homes.has(await realPathOf(ours))) return true;
  return (await exists(join(directory, ".git"))) || (await exists(join(directory, "ASTRID.md")));
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
  for (let directory = start; ; directory = dirname(directory)) {
    if ((await realPathOf(directory)) === realRoot) return directory;
    if (dirname(directory) === directory) return realRoot;
  }
}

/** The real path; of a path that does not exist (any more), the real path of the part that does, and the rest. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realPathOf(parent), path.slice(parent.length));
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
