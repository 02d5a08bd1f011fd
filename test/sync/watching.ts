import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { COMMAND } from "../command.ts";

/** What `sync --watch --json` tells of a pass, as far as tests look. */
export interface Pass {
  readonly isWhole: boolean;
  readonly sources: readonly { readonly failed: readonly { readonly path: string }[] }[];
  readonly taken: readonly { readonly path: string; readonly outcome: string }[];
  readonly gone: readonly string[];
}

/** `sync --watch --json` in a process of its own. */
export class Watching {
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #errors = "";

  constructor(store: string, ...args: readonly string[]) {
    const env = { ...process.env, ASTRID_SESSIONS_STORE: store };
    this.child = spawn(process.execPath, [COMMAND, "sync", "--watch", "--yes", "--json", ...args], { env });
    this.child.stderr?.on("data", (data: Buffer) => (this.#errors += data.toString()));
    const input = this.child.stdout;
    if (input === null) throw new Error("no output");
    this.#lines = createInterface({ input })[Symbol.asyncIterator]();
  }

  /** Reads passes, from behind those that were read before, until each of what is waited for was in one. */
  async until(...waitedFor: readonly ((pass: Pass) => boolean)[]): Promise<void> {
    let left = waitedFor;
    while (left.length > 0) {
      const { done, value } = await this.#lines.next();
      if (done === true) throw new Error(`it ended: ${this.#errors}`);
      const pass = JSON.parse(value) as Pass;
      left = left.filter((isIt) => !isIt(pass));
    }
  }

  /** Ends it as a service does. @returns its exit code. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    this.child.kill(signal);
    const [code] = (await once(this.child, "close")) as [number | null];
    return code;
  }
}

export function took(path: string, outcome?: string): (pass: Pass) => boolean {
  return ({ taken }) =>
    taken.some((one) => one.path === path && (outcome === undefined || one.outcome === outcome));
}

export function lost(path: string): (pass: Pass) => boolean {
  return ({ gone }) => gone.includes(path);
}
