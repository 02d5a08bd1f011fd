import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("script.ts", import.meta.url));
const TOO_LONG = 60_000;

/** A run of `script.ts`, and what it has said. */
export class ScriptProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly lines: string[] = [];
  readonly #errors: string[] = [];
  readonly #ended: Promise<void>;
  readonly #listeners = new Set<() => void>();
  #hasEnded = false;

  /** @param before what to run it with: a tracer and its options, say. */
  constructor(args: readonly string[], before: readonly string[] = []) {
    const [command = process.execPath, ...rest] = [...before, process.execPath, SCRIPT, ...args];
    // One thread in the pool: the n-th call of a kind is the same one in every run.
    const env = { ...process.env, UV_THREADPOOL_SIZE: "1", NODE_NO_WARNINGS: "1" };
    this.child = spawn(command, rest, { env, stdio: "pipe" });
    this.child.stdin.on("error", () => undefined);
    createInterface(this.child.stdout).on("line", (line) => {
      this.lines.push(line);
      for (const listener of this.#listeners) listener();
    });
    this.child.stderr.on("data", (text: Buffer) => this.#errors.push(text.toString()));
    const timer = setTimeout(() => this.kill(), TOO_LONG);
    this.#ended = new Promise((resolve) => {
      this.child.on("close", () => {
        clearTimeout(timer);
        this.#hasEnded = true;
        resolve();
        for (const listener of this.#listeners) listener();
      });
    });
  }

  /** Operations that were acknowledged, those before `from` included. */
  acknowledged(from = 0): number {
    const last = this.lines.findLast((line) => line.startsWith("ack "));
    return last === undefined ? from : Number(last.slice(4));
  }

  get isDone(): boolean {
    return this.lines.at(-1) === "done";
  }

  get errors(): string {
    return this.#errors.join("");
  }

  /** Waits for a line that matches; `undefined` when the process ended without one. */
  line(pattern: RegExp): Promise<string | undefined> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.lines.find((line) => pattern.test(line));
        if (found === undefined && !this.#hasEnded) return;
        this.#listeners.delete(look);
        resolve(found);
      };
      this.#listeners.add(look);
      look();
    });
  }

  /** Says something to it that it waits for. */
  go(): void {
    this.child.stdin.write("\n");
  }

  stop(): void {
    this.child.kill("SIGSTOP");
  }

  wake(): void {
    this.child.kill("SIGCONT");
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }

  ended(): Promise<void> {
    return this.#ended;
  }
}
