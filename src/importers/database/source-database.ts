import { copyFile, mkdtemp, open, rm, stat } from "node:fs/promises";
import { constants, type BigIntStats } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type { DatabaseSync } from "node:sqlite";
import { ImportError } from "../../session/errors/errors.ts";
import { sqlite } from "../../sqlite.ts";
import { realFile } from "./real-file.ts";
import { isBusy, isDamage, needsCopy, sqliteProblem } from "./sqlite-problem.ts";

/** So often a read is tried while the agent writes; the pauses between come to about three seconds. */
const MOST_ATTEMPTS = 12;
const PAUSE_MS = 40;
/** SQLite itself waits so long for a lock, and holds up the process meanwhile. */
const BUSY_MS = 50;
/** Where the header says how the database is written: 2 with a write-ahead log. */
const WRITE_VERSION = 18;
const WITH_LOG = 2;

/** How the database and its log look, and how it can be read without changing anything beside it. */
interface Look {
  /** Equal for equal sizes and times. */
  readonly text: string;
  readonly modified: Date;
  readonly size: number;
  readonly way: "immutable" | "shared" | "copy";
}

/** What a copy needs beside the database itself. */
const BESIDE = ["-wal", "-journal"];

/**
 * An agent's SQLite database, read beside the running agent: nothing is written to it or made beside it, and each
 * reading is one short transaction, so that the agent never waits for long.
 */
export class SourceDatabase {
  readonly path: string;
  readonly #file: string;
  #copy: { readonly of: string; readonly directory: string } | undefined;

  constructor(path: string) {
    this.path = path;
    this.#file = realFile(path);
  }

  /** What the database and its log look like on disk: the same for as long as nobody writes. */
  async look(): Promise<{ readonly text: string; readonly modified: Date; readonly size: number }> {
    return await this.#look();
  }

  /**
   * What `use` finds in one state of the database. It may be called more than once.
   * @throws {ImportError} when the database is locked, damaged, or cannot be opened.
   */
  async read<T>(use: (database: DatabaseSync) => T): Promise<T> {
    let unfinished: string | undefined;
    for (let attempt = 1; ; attempt++) {
      const look = await this.#look();
      const before: Look = look.text === unfinished ? { ...look, way: "copy" } : look;
      let error: unknown;
      try {
        const found = await this.#readOnce(before, use);
        // With a log the agent changes the database itself only while it has one; so this was one state of it.
        if (before.way === "shared" || (await this.#look()).text === before.text) return found;
      } catch (thrown) {
        error = thrown;
        if (needsCopy(error) && before.way === "shared") {
          unfinished = before.text;
          continue;
        }
        const isChanging = (await this.#look()).text !== before.text;
        if (!isBusy(error) && !(isDamage(error) && isChanging)) throw sqliteProblem(this.path, error);
      }
      if (attempt >= MOST_ATTEMPTS)
        throw error === undefined
          ? new ImportError(
              this.path,
              "it was changed again and again while it was read; import it again later",
            )
          : sqliteProblem(this.path, error);
      await delay(PAUSE_MS * attempt);
    }
  }

  /** Removes the copy, if one was needed. */
  async close(): Promise<void> {
    const { directory } = this.#copy ?? {};
    this.#copy = undefined;
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  }

  async #readOnce<T>(look: Look, use: (database: DatabaseSync) => T): Promise<T> {
    const place = look.way === "copy" ? await this.#copied(look) : this.#file;
    const url = pathToFileURL(place);
    // No locks, and no files beside it.
    if (look.way === "immutable") url.searchParams.set("immutable", "1");
    // Whoever reads a log notes that in its index, or makes the index anew: not in the agent's file.
    if (look.way === "shared") url.searchParams.set("readonly_shm", "1");
    const database = new (sqlite().DatabaseSync)(url, { readOnly: look.way !== "copy", timeout: BUSY_MS });
    try {
      database.exec("BEGIN");
      return use(database);
    } finally {
      database.close();
    }
  }

  async #look(): Promise<Look> {
    const [main, log, shared, journal] = await Promise.all(
      ["", "-wal", "-shm", "-journal"].map((end) => statOf(this.#file + end)),
    );
    if (main === undefined) throw new ImportError(this.path, "there is no such file or directory");
    const parts = [main, log, ...(journal === undefined ? [] : [journal])].map((found) =>
      found === undefined ? "-" : [found.ino, found.size, found.mtimeNs].join(" "),
    );
    const modified = log !== undefined && log.mtimeNs > main.mtimeNs ? log.mtime : main.mtime;
    const found = { text: parts.join("|"), modified, size: Number(main.size) + Number(log?.size ?? 0) };
    if ((await this.#writeVersion()) !== WITH_LOG) return { ...found, way: "shared" };
    // Opening a database with a log makes the log and its index where they are missing, also only to read.
    if (log === undefined || (log.size === 0n && shared === undefined)) return { ...found, way: "immutable" };
    return { ...found, way: shared === undefined ? "copy" : "shared" };
  }

  async #writeVersion(): Promise<number> {
    const file = await open(this.#file).catch((error: unknown) => {
      throw sqliteProblem(this.path, error);
    });
    try {
      const { buffer } = await file.read(Buffer.alloc(1), 0, 1, WRITE_VERSION);
      return buffer.readUInt8(0);
    } finally {
      await file.close();
    }
  }

  /**
   * A log without its index (somebody copied the two), or a journal of a write that was cut short: only a copy of our
   * own can be put in order and opened without a trace.
   */
  async #copied({ text }: Look): Promise<string> {
    if (this.#copy?.of !== text) {
      await this.close();
      const directory = await mkdtemp(join(tmpdir(), "astrid-sessions-"));
      this.#copy = { of: text, directory };
      await copyFile(this.#file, join(directory, "database"), constants.COPYFILE_FICLONE);
      for (const end of BESIDE)
        if ((await statOf(this.#file + end)) !== undefined)
          await copyFile(this.#file + end, join(directory, `database${end}`), constants.COPYFILE_FICLONE);
    }
    return join(this.#copy.directory, "database");
  }
}

async function statOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw sqliteProblem(path, error);
  }
}
