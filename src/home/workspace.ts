import type { InvalidWorkspaceIdError } from "../session/errors/errors.ts";
import type { Environment } from "./astrid-home.ts";
import { detectWorkspace, Marks, type WorkspaceFacts } from "./detect-workspace.ts";
import { createWorkspaceId, readWorkspaceId } from "./workspace-id.ts";

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

  private constructor({ root, realPath, idFile, id }: WorkspaceFacts) {
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
   * that reason alone. Writes nothing; `directory` need not exist. A path of another system is a workspace of its own,
   * as it was written.
   */
  static async detect(directory: string, env: Environment = process.env): Promise<Workspace> {
    return new Workspace(await detectWorkspace(directory, new Marks(env)));
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
