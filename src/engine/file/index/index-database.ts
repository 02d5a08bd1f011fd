import { chmodSync, closeSync, existsSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { FileContext } from "../disk/file-context.ts";
import { sqlite } from "../../../sqlite.ts";
import { createTables, isCurrent } from "./schema.ts";

const INDEX_FILE = "index.sqlite";

/** How long one attempt to write waits for another process, holding the event loop, in milliseconds. */
const BUSY = 5;
/** The log is put into the index when it has this many pages: the more, the fewer of them are written twice. */
const LOG_PAGES = 4000;
/** As much of the index is kept in memory at most, in KiB: of one that is only read, and of one that is written all over. */
const READING_KIB = 8 << 10;
const WRITING_KIB = 64 << 10;
/** How long the lock that guards opening and replacing is waited for, in milliseconds. */
const PATIENCE = 2000;

/** An index that is open; `inode` is its file's, or `undefined` for one in memory. */
export interface IndexDatabase {
  readonly database: DatabaseSync;
  readonly inode: bigint | undefined;
}

function indexPath({ paths }: Pick<FileContext, "paths">): string {
  return join(paths.root, INDEX_FILE);
}

/** The file's inode, `undefined` when there is no index file. */
export function indexInode(context: Pick<FileContext, "paths">): bigint | undefined {
  return statSync(indexPath(context), { bigint: true, throwIfNoEntry: false })?.ino;
}

/** An index that lives and dies with its owner. */
export function openInMemory(): IndexDatabase {
  const { DatabaseSync } = sqlite();
  const database = new DatabaseSync(":memory:");
  createTables(database);
  return { database, inode: undefined };
}

/** Much will be written: pages that are written again and again stay in memory, from now on. */
export function keepMuch(database: DatabaseSync): void {
  database.exec(`PRAGMA cache_size = -${WRITING_KIB}`);
}

/** Opens the index file. `undefined` when it is missing, of another version or damaged so that it shows at once. */
export async function openIndexFile(context: FileContext): Promise<IndexDatabase | undefined> {
  return await underLock(context, () => openNow(context));
}

/**
 * Puts an empty index in the place of whatever is there, as one step, and opens it. Those who have the one before
 * open keep writing to it in vain until they see that the file is another one.
 */
export async function replaceIndexFile(context: FileContext): Promise<IndexDatabase | undefined> {
  await context.directory.ensure();
  const path = indexPath(context);
  const temporary = context.paths.newTemporary("index");
  const { DatabaseSync } = sqlite();
  try {
    closeSync(openSync(temporary, "wx", 0o600));
    chmodSync(temporary, 0o600);
    const database = new DatabaseSync(temporary);
    try {
      database.exec("PRAGMA synchronous = OFF");
      createTables(database);
    } finally {
      database.close();
    }
    return await underLock(context, () => {
      // A write-ahead log belongs to its database by name alone: the old one goes before the new database comes.
      for (const suffix of ["", "-wal", "-shm", "-journal"])
        rmSync(path + suffix, { force: true, recursive: true });
      renameSync(temporary, path);
      return openNow(context);
    });
  } finally {
    rmSync(temporary, { force: true });
    rmSync(`${temporary}-journal`, { force: true });
  }
}

/**
 * Runs `work` while no other process opens or replaces the index: who opened a file just before it was replaced would
 * take the new one's log for its own.
 */
async function underLock<T>(context: FileContext, work: () => T): Promise<T> {
  const { disk, paths } = context;
  if (!existsSync(paths.locks)) return work();
  let unlock;
  try {
    unlock = await disk.lock(join(paths.locks, "index.lock"), PATIENCE);
  } catch {
    // In a directory that cannot be written to, nobody replaces the index either.
    return work();
  }
  try {
    return work();
  } finally {
    unlock?.();
  }
}

function openNow(context: FileContext): IndexDatabase | undefined {
  const path = indexPath(context);
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (stat?.isFile() !== true || stat.size === 0n) return undefined;
  const { DatabaseSync } = sqlite();
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: BUSY });
    if (isCurrent(database)) {
      // A crash of the system leaves an older index, never a broken one; nothing waits for the disk but at times.
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY");
      database.exec(`PRAGMA wal_autocheckpoint = ${LOG_PAGES}; PRAGMA cache_size = -${READING_KIB}`);
      return { database, inode: stat.ino };
    }
  } catch {
    // Not a database, or a damaged one.
  }
  database?.close();
  return undefined;
}
