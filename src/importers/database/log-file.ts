import { stat } from "node:fs/promises";
import { SETTLED_AFTER_MS } from "../store/import-ledger.ts";
import { realFile } from "./real-file.ts";

/** So a database's name ends, as agents name theirs. */
const A_DATABASE = /\.(?:db|sqlite3?|vscdb)$/;

/**
 * How the log beside a database looks, in which changes stand before they come into it. `undefined` for a file that is
 * not named like a database.
 */
export async function logOf(path: string): Promise<string | undefined> {
  if (!A_DATABASE.test(path)) return undefined;
  try {
    const found = await stat(`${realFile(path)}-wal`, { bigint: true });
    // Changed so short ago, it could be changed again unnoticed; this look is like no other.
    if (Date.now() - Number(found.mtimeMs) < SETTLED_AFTER_MS) return `at ${Date.now()}`;
    // The time of its status is no sign: for root, SQLite gives the log its owner again whenever it opens it.
    return [found.dev, found.ino, found.size, found.mtimeNs].join(" ");
  } catch {
    return "none";
  }
}
