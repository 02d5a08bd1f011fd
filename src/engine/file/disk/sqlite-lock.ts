import { accessSync, chmodSync, constants, statSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Unlock } from "./disk.ts";
import { sqlite } from "../../../sqlite.ts";
import { letGo } from "./let-go.ts";

/**
 * Kernel locks by way of SQLite: `BEGIN IMMEDIATE` on an empty database file takes the operating system's file lock,
 * of which there is one at a time, and which is gone when the process dies. No native dependency, and the same on
 * every platform that Node runs on.
 */
export class SqliteLocks {
  readonly #open = new Map<string, LockFile>();
  readonly #waiting = new Map<string, (() => void)[]>();

  /** Takes the lock at once, or answers `undefined` when it is taken. */
  tryLock(path: string): Unlock | undefined {
    const file = this.#fileFor(path);
    if (file.held || !file.begin()) return undefined;
    file.held = true;
    return () => {
      try {
        file.end();
      } catch (error) {
        // Closed, it holds no lock either.
        this.#open.delete(path);
        file.held = false;
        letGo(file);
        throw error;
      } finally {
        this.#closeAllBut(MOST_IDLE);
        this.#waiting.get(path)?.shift()?.();
      }
    };
  }

  /** Waits for the lock, in line behind the others of this process; `undefined` after `patience` milliseconds. */
  async lock(path: string, patience: number): Promise<Unlock | undefined> {
    const deadline = performance.now() + patience;
    for (let pause = 0.5; ; pause = Math.min(pause * 1.5, 8)) {
      const unlock = this.tryLock(path);
      if (unlock !== undefined) return unlock;
      const left = deadline - performance.now();
      if (left <= 0) return undefined;
      await this.#freedHereOrAfter(path, Math.min(pause * (0.5 + Math.random()), left));
    }
  }

  #freedHereOrAfter(path: string, milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const line = this.#waiting.get(path) ?? [];
      this.#waiting.set(path, line);
      const done = (): void => {
        clearTimeout(timer);
        const place = line.indexOf(done);
        if (place >= 0) line.splice(place, 1);
        if (line.length === 0) this.#waiting.delete(path);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      line.push(done);
    });
  }

  /** The open lock file; a new one when someone removed or replaced it under that path. */
  #fileFor(path: string): LockFile {
    const known = this.#open.get(path);
    if (known !== undefined) {
      if (known.held || known.isInPlace()) return known;
      known.close();
      this.#open.delete(path);
    }
    const file = new LockFile(path);
    this.#open.set(path, file);
    return file;
  }

  /** Closes every lock file that nobody holds. */
  closeIdle(): void {
    this.#closeAllBut(0);
  }

  /** An idle lock file costs a descriptor: keep the youngest only. */
  #closeAllBut(most: number): void {
    if (this.#open.size <= most) return;
    for (const [path, file] of this.#open) {
      if (file.held) continue;
      letGo(file);
      this.#open.delete(path);
      if (this.#open.size <= most) return;
    }
  }
}

const MOST_IDLE = 64;
const SEEN_FOR = 1000;
const SQLITE_BUSY = 5;

class LockFile {
  held = false;
  readonly #path: string;
  readonly #inode: bigint;
  #seen = performance.now();
  readonly #database: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #rollback: StatementSync;

  constructor(path: string) {
    // SQLite makes the file, never we: where POSIX rules, a process that closes any descriptor of a file loses all its
    // locks on it, also those of a worker thread or of another copy of this module.
    this.#database = openDatabase(path);
    const stat = statSync(path, { bigint: true });
    if ((stat.mode & 0o777n) !== 0o600n && stat.size === 0n) chmodSync(path, 0o600);
    this.#path = path;
    this.#inode = stat.ino;
    this.#database.exec("PRAGMA journal_mode = MEMORY");
    this.#begin = this.#database.prepare("BEGIN IMMEDIATE");
    this.#rollback = this.#database.prepare("ROLLBACK");
  }

  /** Whether the path still leads to this file; looked at once a second, because a look costs as much as a lock. */
  isInPlace(): boolean {
    const now = performance.now();
    if (now - this.#seen < SEEN_FOR) return true;
    this.#seen = now;
    return statSync(this.#path, { bigint: true, throwIfNoEntry: false })?.ino === this.#inode;
  }

  begin(): boolean {
    try {
      this.#begin.run();
      return true;
    } catch (error) {
      if (((error as { errcode?: number }).errcode ?? 0) % 256 === SQLITE_BUSY) return false;
      throw error;
    }
  }

  end(): void {
    this.#rollback.run();
    this.held = false;
  }

  close(): void {
    this.#database.close();
  }
}

function openDatabase(path: string): DatabaseSync {
  const { DatabaseSync } = sqlite();
  try {
    return new DatabaseSync(path, { timeout: 0 });
  } catch (error) {
    // SQLite does not say what the system said; a directory that is missing or read-only does.
    accessSync(dirname(path), constants.W_OK);
    throw error;
  }
}
