import { statSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { FileLook } from "../read/file-look.ts";
import type { BesideNotes } from "./beside-import.ts";
import { openCache } from "./cache-file.ts";

/** What is known of a file that did not change since it was looked at. */
export interface KnownFile {
  /** `null`: the file is of no format that is read. */
  readonly format: string | null;
  readonly sessionId: string | null;
  readonly problemCount: number;
  readonly lossy: boolean;
  /** Its session was in the trash: it is looked at each time. */
  readonly inTrash?: boolean;
  /** It is kept with the session of the file that it lies beside. */
  readonly beside?: boolean;
  /** What that looked like which is read with it: a database's log, where changes stand first. */
  readonly log?: string;
}

/** A file that was looked at. */
export interface SeenFile {
  readonly known: KnownFile;
  /** Whether it looks as it did then. */
  readonly isSame: (stat: FileLook) => boolean;
}

interface Row {
  readonly stat: string;
  readonly known: string;
}

/** The system notes times in steps: a file that was changed so short ago could be changed again unnoticed. */
export const SETTLED_AFTER_MS = 2000;
/** Stands before the look of a file that has to be opened again. */
const UNSETTLED = "? ";
const MOST_UNWRITTEN = 256;
/** What comes in order behind everything in a folder. */
const BEHIND_SEPARATOR = String.fromCharCode(sep.charCodeAt(0) + 1);

/**
 * Which files were imported, and what they looked like then: a file that has the same size, times and inode is not opened
 * again. Only a cache: it may be deleted at any time, and whatever is wrong with it costs time and nothing else.
 */
export class ImportLedger {
  readonly #database: DatabaseSync;
  readonly #within: StatementSync;
  readonly #put: StatementSync;
  readonly #look: StatementSync;
  /** Notes that are written together. */
  readonly #unwritten = new Map<string, Row>();
  /** The folder that was asked for last. */
  #folder: { readonly path: string; readonly rows: Map<string, Row> } | undefined;

  private constructor(database: DatabaseSync) {
    this.#database = database;
    this.#within = database.prepare(
      "SELECT path, stat, known FROM files WHERE path > ? AND path < ? AND instr(substr(path, ?), ?) = 0",
    );
    this.#look = database.prepare("SELECT stat FROM files WHERE path = ?");
    this.#put = database.prepare("INSERT OR REPLACE INTO files (path, stat, known) VALUES (?, ?, ?)");
  }

  /** `undefined` when there cannot be one, or its folder is not there yet. */
  static open(path: string): ImportLedger | undefined {
    return openCache(
      path,
      "files (path TEXT PRIMARY KEY, stat TEXT NOT NULL, known TEXT NOT NULL) STRICT",
      (database) => new ImportLedger(database),
    );
  }

  /** What is known of a file that looks like this. */
  known(path: string, stat: FileLook): KnownFile | undefined {
    try {
      const row = this.#unwritten.get(path) ?? this.#rowsIn(dirname(path)).get(path);
      return row?.stat === textOf(stat) ? (JSON.parse(row.known) as KnownFile) : undefined;
    } catch {
      return undefined;
    }
  }

  /** All of a folder at once: who asks for one mostly asks for the next. */
  #rowsIn(folder: string): Map<string, Row> {
    if (this.#folder?.path !== folder) {
      const found = this.#within.all(
        `${folder}${sep}`,
        `${folder}${BEHIND_SEPARATOR}`,
        folder.length + 2,
        sep,
      );
      const rows = new Map(
        found.map(({ path, stat, known }) => [
          path as string,
          { stat: stat as string, known: known as string },
        ]),
      );
      this.#folder = { path: folder, rows };
    }
    return this.#folder.rows;
  }

  /** Whether the file at one path is the very one that was looked at under another. */
  isMoved(from: string, to: string): boolean {
    this.flush();
    try {
      const row = this.#look.get(from);
      const { dev, ino } = statSync(to, { bigint: true });
      return row !== undefined && (row["stat"] as string).replace(UNSETTLED, "").startsWith(`${dev} ${ino} `);
    } catch {
      return false;
    }
  }

  /** Files beside others are noted as those of no format: no session is theirs. */
  readonly besideNotes: BesideNotes = {
    isKept: (path, look) => this.known(path, look)?.beside === true,
    note: (path, look) =>
      this.note(path, look, { format: null, sessionId: null, problemCount: 0, lossy: false, beside: true }),
  };

  /** Every file that was looked at, by its path. */
  seen(): Map<string, SeenFile> {
    this.flush();
    const files = new Map<string, SeenFile>();
    try {
      for (const { path, stat, known } of this.#database.prepare("SELECT path, stat, known FROM files").all())
        files.set(path as string, {
          known: JSON.parse(known as string) as KnownFile,
          isSame: (now) => (stat as string).replace(UNSETTLED, "") === textOf(now),
        });
    } catch {
      // What cannot be read was never seen.
    }
    return files;
  }

  /**
   * Notes a file that was worked through; what it is known for is on disk. Of one that may change unnoticed, or whose
   * session is in the trash, only that it was seen.
   */
  note(path: string, stat: FileLook, known: KnownFile): void {
    const isSettled =
      Date.now() - Number(stat.mtimeNs / 1_000_000n) >= SETTLED_AFTER_MS && known.inTrash !== true;
    this.#write(path, isSettled ? textOf(stat) : `${UNSETTLED}${textOf(stat)}`, known);
  }

  /** Notes a file that is not there any more, whose session is. */
  noteGone(path: string, known: KnownFile): void {
    this.#write(path, UNSETTLED, known);
  }

  #write(path: string, stat: string, known: KnownFile): void {
    const row = { stat, known: JSON.stringify(known) };
    this.#unwritten.set(path, row);
    if (this.#folder?.path === dirname(path)) this.#folder.rows.set(path, row);
    if (this.#unwritten.size >= MOST_UNWRITTEN) this.flush();
  }

  /** Writes what was noted, so that others see it. */
  flush(): void {
    if (this.#unwritten.size === 0) return;
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      for (const [path, { stat, known }] of this.#unwritten) this.#put.run(path, stat, known);
      this.#database.exec("COMMIT");
    } catch {
      // The files will be looked at again.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
    } finally {
      this.#unwritten.clear();
    }
  }

  close(): void {
    this.flush();
    try {
      this.#database.close();
    } catch {
      // Nothing in it is needed.
    }
  }
}

/** Equal for a file that looks the same. */
function textOf({ dev, ino, size, mtimeNs, ctimeNs }: FileLook): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
}

/** Where a store's ledger is, by the folder that it may keep such things in. */
export function ledgerIn(home: string | undefined): string | undefined {
  return home === undefined ? undefined : join(home, "imports.sqlite");
}
