import { ImportError } from "../../session/errors/errors.ts";
import { unreadable } from "../read/unreadable.ts";

/** SQLite's result codes that are told apart; https://www.sqlite.org/rescode.html. */
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;
/** Its writer died within a write, whose beginning has to be taken back first: SQLITE_READONLY_ROLLBACK. */
const UNFINISHED = 776;
/** The log cannot be read without writing to its index: SQLITE_READONLY_RECOVERY, _CANTLOCK and _CANTINIT. */
const INDEX_IS_READ_ONLY = [264, 520, 1288];

/** Whether the same may well go in a moment. */
export function isBusy(error: unknown): boolean {
  const code = primaryCode(error);
  return code === BUSY || code === LOCKED;
}

/** Whether what was read is no sound database, perhaps only because somebody wrote to it meanwhile. */
export function isDamage(error: unknown): boolean {
  const code = primaryCode(error);
  return code === CORRUPT || code === NOTADB;
}

/** Whether something has to be written before anything can be read: only a copy may be written to. */
export function needsCopy(error: unknown): boolean {
  const { errcode } = error as { readonly errcode?: unknown };
  return typeof errcode === "number" && [UNFINISHED, ...INDEX_IS_READ_ONLY].includes(errcode);
}

/** What an error of SQLite means for an import, and what can be done. */
export function sqliteProblem(path: string, error: unknown): ImportError {
  if (error instanceof ImportError) return error;
  return new ImportError(path, phraseFor(error), { cause: error });
}

function phraseFor(error: unknown): string {
  const code = primaryCode(error);
  const said = error instanceof Error ? error.message : String(error);
  if (code === BUSY || code === LOCKED)
    return "the program that writes to this database has locked it; import it again when that has finished its work";
  if (code === CORRUPT || code === NOTADB)
    return `the database is damaged, or was copied while it was written to (${said}); copy it again with the files named -wal and -journal beside it, or recover it with "sqlite3 <file> .recover"`;
  if (code === READONLY || code === CANTOPEN)
    return "the database was left in the middle of a write, and only the program that it belongs to can end that; start that program once, and import it again";
  if (code === FULL)
    return "there is no space for a copy of the database; make some in the folder for temporary files";
  if (code !== undefined) return `the database cannot be read (${said})`;
  return unreadable(error);
}

/** Without what SQLite adds to tell kinds of it apart. */
function primaryCode(error: unknown): number | undefined {
  const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown };
  if (code !== "ERR_SQLITE_ERROR" || typeof errcode !== "number") return undefined;
  return errcode & 0xff;
}
