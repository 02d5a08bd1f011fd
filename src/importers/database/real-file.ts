import { realpathSync } from "node:fs";

/** The file that a path leads to: beside it, and not beside a link to it, SQLite has a database's log. */
export function realFile(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // Whoever opens it says why it cannot be had.
    return path;
  }
}
