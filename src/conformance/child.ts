import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";

export interface ChildOptions {
  /** Default: this process's. */
  readonly cwd?: string | undefined;
  /** Variables beside this process's own, or in place of them. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Default: the Node.js that runs this. */
  readonly command?: string | undefined;
}

export interface Ended {
  /** `null` when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * A process that this one starts: a program of Node.js, unless another command is given. It may print and end at any
 * moment, so everything that it does is listened for from the moment at which it is started.
 */
export class Child implements AsyncDisposable {
  readonly process: ChildProcessWithoutNullStreams;
  /** Resolves when it has ended and all that it printed is here. Rejects when it could not be started. */
  readonly ended: Promise<Ended>;
  readonly #lines: string[] = [];
  readonly #waiting = new Set<() => void>();
  #errors = "";
  #end: Ended | undefined;

  constructor(args: readonly string[], { cwd, env, command = process.execPath }: ChildOptions = {}) {
    this.process = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: "pipe" });
    // What is written to a child that has ended already is nothing to fail for: its end tells.
    this.process.stdin.on("error", () => undefined);
    createInterface(this.process.stdout).on("line", (line) => {
      this.#lines.push(line);
      this.#tell();
    });
    this.process.stderr.setEncoding("utf8").on("data", (text: string) => (this.#errors += text));
    this.ended = new Promise((resolve, reject) => {
      this.process.on("error", reject);
      this.process.on("close", (code, signal) => {
        this.#end = { code, signal };
        resolve(this.#end);
        this.#tell();
      });
    });
    // Whoever waits for it learns of it; nobody has to.
    this.ended.catch(() => undefined);
  }

  /** What it has printed so far. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** What it has written to its standard error so far. */
  get errors(): string {
    return this.#errors;
  }

  /** Resolves when it has printed so many lines. Rejects when it ends before. */
  async printed(count: number): Promise<void> {
    if (!(await this.#until(() => this.#lines.length >= count)))
      throw this.#failure(`${this.#lines.length} of ${count} lines`);
  }

  /** The first line that matches, printed already or later. Rejects when it ends without one. */
  async line(pattern: RegExp): Promise<string> {
    const matching = (): string | undefined => this.#lines.find((line) => pattern.test(line));
    await this.#until(() => matching() !== undefined);
    const line = matching();
    if (line === undefined) throw this.#failure(`no line that matches ${String(pattern)}`);
    return line;
  }

  /** All that it prints until it ends. Rejects when it does not end well. */
  async output(): Promise<string> {
    const { code } = await this.ended;
    if (code !== 0) throw this.#failure(`${this.#lines.length} lines`);
    return this.#lines.join("\n");
  }

  /** Kills it (SIGKILL), unless it has ended already; resolves when it is gone. */
  async kill(): Promise<Ended> {
    this.process.kill("SIGKILL");
    return await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  /** Resolves to true when `isSo`, and to false when the child has ended and it is not. */
  async #until(isSo: () => boolean): Promise<boolean> {
    const changed = (): Promise<void> => new Promise((resolve) => this.#waiting.add(resolve));
    while (!isSo() && this.#end === undefined) await Promise.race([changed(), this.ended]);
    return isSo();
  }

  #tell(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  #failure(printed: string): Error {
    const { code, signal } = this.#end ?? { code: null, signal: null };
    const args = this.process.spawnargs.slice(1).join(" ").slice(0, 200);
    return new Error(`${args} ended with ${signal ?? code} after ${printed}: ${this.#errors}`);
  }
}
