import { crush } from "../crush/crush.ts";
import { gooseDatabase } from "../goose/goose-database.ts";
import { opencodeDatabase } from "../opencode/opencode-database.ts";
import { ImportError } from "../../session/errors/errors.ts";
import type { DatabaseFormat } from "./database-format.ts";
import { SourceDatabase } from "./source-database.ts";
import { tablesOf, type Tables } from "./tables.ts";

const FORMATS: readonly DatabaseFormat[] = [opencodeDatabase, gooseDatabase, crush];

const MAGIC = "SQLite format 3\0";

export function isSqlite(start: Buffer): boolean {
  return start.subarray(0, MAGIC.length).toString("latin1") === MAGIC;
}

/**
 * Which agent's database a file is; `undefined` when nobody's that is read.
 * @throws {ImportError} when it cannot be opened.
 */
export async function databaseFormatOf(path: string): Promise<DatabaseFormat | undefined> {
  const database = new SourceDatabase(path);
  try {
    const tables = await database.read(tablesOf);
    return FORMATS.find((format) => format.isOf(tables));
  } finally {
    await database.close();
  }
}

/** @throws {ImportError} when the tables lack what is needed to read them. */
export function checkTables(path: string, { name, needs, sessions }: DatabaseFormat, tables: Tables): void {
  for (const [table, columns] of Object.entries({
    ...needs,
    [sessions.table]: [...(needs[sessions.table] ?? []), sessions.created],
  })) {
    const missing = columns.filter((column) => tables.get(table)?.columns.includes(column) !== true);
    if (missing.length === 0) continue;
    const what = tables.has(table)
      ? `no column ${table}.${missing.join(`, ${table}.`)}`
      : `no table ${table}`;
    throw new ImportError(
      path,
      `it is ${name}'s, of a version that is not known (${what}); a newer astrid-sessions may read it`,
    );
  }
}
