import { spawnSync } from "node:child_process";
import { COMMAND } from "../command.ts";

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command in a process of its own, on a store. */
export function run(store: string, ...args: readonly string[]): Ran {
  const own = { ASTRID_SESSIONS_STORE: store, NO_COLOR: "1" };
  const options = { env: { ...process.env, ...own }, encoding: "utf8" } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], options);
  return { code: status, out: stdout, err: stderr };
}

/** What commands print as JSON; each has some of these. */
interface Printed {
  readonly sessions: readonly object[];
  readonly unreadable: readonly object[];
  readonly files: readonly { readonly outcome: string }[];
  readonly failed: readonly object[];
  readonly error: { readonly code: string };
  readonly [key: string]: unknown;
}

/** The same with `--json`; what it prints, parsed. */
export function runJson(store: string, ...args: readonly string[]): Ran & { readonly json: Printed } {
  const ran = run(store, ...args, "--json");
  return { ...ran, json: JSON.parse(ran.out === "" ? ran.err : ran.out) as Printed };
}
