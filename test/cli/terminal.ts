import { spawnSync } from "node:child_process";
import { COMMAND } from "../command.ts";

interface Terminal {
  readonly columns: number;
  readonly rows: number;
  /** What is typed. Default: nothing, and there is nothing to come. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Whether this machine has util-linux's `script`, which gives a process a terminal. */
export function hasTerminal(): boolean {
  return process.platform === "linux" && spawnSync("script", ["--version"]).status === 0;
}

/** What the command shows on a terminal of its own. */
export function inTerminal(
  { columns, rows, input, env = {} }: Terminal,
  store: string,
  ...args: readonly string[]
): string {
  const command = [process.execPath, COMMAND, "--store", store, ...args].map((word) => `'${word}'`).join(" ");
  // Of these a program says that no person looks on, or how.
  const { CI: _, NO_COLOR: _none, FORCE_COLOR: _force, PAGER: _pager, ...rest } = process.env;
  const { stdout } = spawnSync(
    "script",
    ["-qec", `stty cols ${columns} rows ${rows}; exec ${command}`, "/dev/null"],
    {
      env: { ...rest, TERM: "xterm-256color", ...env },
      encoding: "utf8",
      ...(input === undefined ? { stdio: ["ignore", "pipe", "inherit"] } : { input }),
      maxBuffer: 1 << 28,
    },
  );
  return stdout;
}
