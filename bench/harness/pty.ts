import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Whether this machine has util-linux's `script`, which gives a process a terminal. */
export function hasPty(): boolean {
  return process.platform === "linux" && spawnSync("script", ["--version"]).status === 0;
}

/** A program in a terminal of its own, whose answers are waited for. */
export class Pty {
  readonly #child: ChildProcess;
  readonly #pidFile: string;
  #shown = "";
  #wake: () => void = () => undefined;

  /** @param folder where the process says its number. */
  constructor(folder: string, command: readonly string[]) {
    this.#pidFile = join(folder, "pid");
    const words = command.map((word) => `'${word}'`).join(" ");
    const line = `stty cols 100 rows 30; echo $$ >'${this.#pidFile}'; exec ${words}`;
    const { CI: _, NO_COLOR: _none, ...env } = process.env;
    this.#child = spawn("script", ["-qefc", line, "/dev/null"], {
      env: { ...env, TERM: "xterm-256color", ASTRID_HOME: folder },
      stdio: ["pipe", "pipe", "ignore"],
    });
    this.#child.stdout?.on("data", (data: Buffer) => {
      this.#shown += data.toString("utf8");
      this.#wake();
    });
  }

  /** Types keys, and forgets what was shown before. */
  type(keys: string): void {
    this.#shown = "";
    this.#child.stdin?.write(keys);
  }

  /** Waits until what was shown since the last key has this in it. */
  async until(isMeant: RegExp): Promise<void> {
    const end = performance.now() + PATIENCE;
    while (!isMeant.test(this.#shown)) {
      if (performance.now() > end)
        throw new Error(`${String(isMeant)} never showed: ${this.#shown.slice(-500)}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 1000);
      });
    }
  }

  /** The most memory that the program has had, in bytes. */
  get peak(): number {
    const status = readFileSync(`/proc/${readFileSync(this.#pidFile, "utf8").trim()}/status`, "utf8");
    return Number(/VmHWM:\s*(\d+)/.exec(status)?.[1] ?? 0) * 1024;
  }

  async end(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin?.write("\u0003");
    await gone;
  }
}

const PATIENCE = 60_000;
