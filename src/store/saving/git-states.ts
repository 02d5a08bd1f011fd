import type { GitState } from "../../session/head.ts";
import { captureGitState } from "../../home/git-state.ts";

/** So long a captured state is good, in milliseconds. */
const FRESH = 1000;

/** The git state of workspaces, looked up beside the saves so that none waits for it but a session's first. */
export class GitStates {
  readonly #known = new Map<string, { readonly state: GitState | null; readonly at: number }>();
  readonly #looking = new Map<string, Promise<GitState | null>>();

  /** The state as it is now. */
  async first(path: string): Promise<GitState | null> {
    const known = this.#known.get(path);
    return known !== undefined && performance.now() - known.at < FRESH ? known.state : await this.#look(path);
  }

  /** The state as last seen; a new look begins when that is a while ago. */
  latest(path: string): GitState | null | undefined {
    const known = this.#known.get(path);
    if (known === undefined || performance.now() - known.at >= FRESH) void this.#look(path);
    return known?.state;
  }

  #look(path: string): Promise<GitState | null> {
    let looking = this.#looking.get(path);
    if (looking === undefined) {
      looking = captureGitState(path).then((state) => {
        this.#known.set(path, { state, at: performance.now() });
        this.#looking.delete(path);
        return state;
      });
      this.#looking.set(path, looking);
    }
    return looking;
  }
}
