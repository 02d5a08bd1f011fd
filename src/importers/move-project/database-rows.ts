import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Environment } from "../../home/astrid-home.ts";
import { sqlite } from "../../sqlite.ts";
import { SourceDatabase } from "../database/source-database.ts";
import { homeOf } from "../homes.ts";
import type { Move } from "./path-text.ts";

/** Rows of an agent's database that name the path. */
export interface DatabaseRows {
  readonly agent: string;
  readonly path: string;
  readonly table: string;
  readonly column: string;
  readonly count: number;
}

/** Where agents' databases keep paths. */
const COLUMNS: readonly (readonly [agent: string, file: RegExp, table: string, column: string])[] = [
  ["opencode", /^opencode[^/]*\.db$/, "session", "directory"],
  ["opencode", /^opencode[^/]*\.db$/, "project", "worktree"],
  ["goose", /^sessions\.db$/, "sessions", "working_dir"],
  ["codex", /^state_\d+\.sqlite$/, "threads", "cwd"],
];

const HERE = "(@column = $from OR substr(@column, 1, length($from) + 1) = $from || '/')";
const BUSY_MS = 5000;

export async function databaseRows(env: Environment, { from }: Move): Promise<DatabaseRows[]> {
  const found: DatabaseRows[] = [];
  for (const [agent, file, table, column] of COLUMNS)
    for (const path of databasesOf(agent, file, env)) {
      const database = new SourceDatabase(path);
      try {
        const count = await database.read((opened) => countIn(opened, table, column, from));
        if (count > 0) found.push({ agent, path, table, column, count });
      } finally {
        await database.close();
      }
    }
  return found;
}

/** All rows of one column, or none. */
export function moveRows({ path, table, column }: DatabaseRows, { from, to }: Move): void {
  const database = new (sqlite().DatabaseSync)(path, { timeout: BUSY_MS });
  try {
    database
      .prepare(
        `UPDATE "${table}" SET "${column}" = $to || substr("${column}", length($from) + 1) WHERE ${here(column)}`,
      )
      .run({ $from: from, $to: to });
  } finally {
    database.close();
  }
}

function countIn(database: DatabaseSync, table: string, column: string, from: string): number {
  const columns = database.prepare("SELECT name FROM pragma_table_info(?)").all(table);
  if (!columns.some(({ name }) => name === column)) return 0;
  const row = database
    .prepare(`SELECT count(*) AS count FROM "${table}" WHERE ${here(column)}`)
    .get({ $from: from });
  return Number(row?.["count"] ?? 0);
}

function here(column: string): string {
  return HERE.replaceAll("@column", `"${column}"`);
}

function databasesOf(agent: string, file: RegExp, env: Environment): string[] {
  const folders = homeOf(agent)?.folders(env) ?? [];
  // Codex's stands beside its folder of sessions.
  const places = new Set(agent === "codex" ? folders.map(dirname) : folders);
  return [...places].flatMap((folder) => {
    try {
      return readdirSync(folder).flatMap((name) => (file.test(name) ? [join(folder, name)] : []));
    } catch {
      return [];
    }
  });
}
