import { lookBesideTask, taskFileOf } from "./cline/task-files.ts";
import { logOf } from "./database/log-file.ts";
import { SETTLED_AFTER_MS } from "./store/import-ledger.ts";

/**
 * How that looks which is read with a file, and changes without it: a database's log, what lies beside a task's
 * messages. `undefined` for a file that is read alone.
 */
export async function lookWith(path: string): Promise<string | undefined> {
  return (await logOf(path)) ?? (await lookBesideTask(path, SETTLED_AFTER_MS));
}

/** The file that is read anew when this one changes; itself for most. */
export function readWith(path: string): string {
  // What is written to a database goes to its log first.
  return taskFileOf(path.replace(/-wal$/, ""));
}
