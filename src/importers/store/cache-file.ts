import { closeSync, existsSync, openSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { sqlite } from "../../sqlite.ts";

/**
 * Opens the file in which imports note what they have seen, with a table in it. Only a cache: nothing is synced.
 * @param use makes of the open file what works with it.
 * @returns `undefined` when there cannot be one, or its folder is not there yet.
 */
export function openCache<T>(path: string, table: string, use: (database: DatabaseSync) => T): T | undefined {
  try {
    if (!existsSync(dirname(path))) return undefined;
    // For the owner's eyes only, as all beside it; SQLite gives its further files the same mode.
    closeSync(openSync(path, "a", 0o600));
    const database = new (sqlite().DatabaseSync)(path);
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA busy_timeout = 2000");
    database.exec(`CREATE TABLE IF NOT EXISTS ${table}`);
    return use(database);
  } catch {
    return undefined;
  }
}
