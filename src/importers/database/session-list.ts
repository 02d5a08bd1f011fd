import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { SessionId } from "../../session/session-id.ts";
import { timeOf } from "../draft/facts.ts";
import type { DatabaseFormat } from "./database-format.ts";
import { RowWriter } from "./row-text.ts";
import { quoted, tablesOf, type Table, type Tables } from "./tables.ts";

/** A session that a database has. */
export interface ListedSession {
  /** The agent's own id. */
  readonly id: string;
  readonly sessionId: SessionId;
  readonly parentId: SessionId | null;
  /** Another one when any of its rows was changed, added or removed. */
  readonly mark: string;
  /** Whether the mark would tell a change that comes now: agents note times in seconds. */
  readonly isSettled: boolean;
}

export interface SessionList {
  readonly tables: Tables;
  /** Those that were begun first come first. */
  readonly sessions: readonly ListedSession[];
  /** Tables with rows of sessions that nothing is known of. */
  readonly unknownTables: readonly string[];
  /** Sessions of which there are rows, and which are not in the table of sessions. */
  readonly orphans: readonly string[];
  readonly newer: string | undefined;
}

/** By it the rows of a session are told in every table but that of the sessions. */
const SESSION = "session_id";
const SETTLED_AFTER_MS = 3000;
const A_TIME = /updated|created|finished|timestamp/i;

/** Tables with rows of sessions, besides that of the sessions themselves. */
export function tablesOfSessions(format: DatabaseFormat, tables: Tables): Table[] {
  return [...tables.values()].filter(
    ({ name, columns, hasRowId }) => name !== format.sessions.table && hasRowId && columns.includes(SESSION),
  );
}

/** The sessions of a database, with what tells whether they changed. Goes over all rows, and reads no long texts. */
export function sessionsOf(database: DatabaseSync, format: DatabaseFormat): SessionList {
  const tables = tablesOf(database);
  const rows = tablesOfSessions(format, tables);
  const marks = new Marks();
  for (const table of rows) marks.count(database, table);
  const { table, created } = format.sessions;
  // Older versions have no such column.
  const hasParent = tables.get(table)?.columns.includes(format.sessions.parent) === true;
  const parent = hasParent ? quoted(format.sessions.parent) : "NULL";
  const found = database.prepare(
    `SELECT rowid AS row, id, ${parent} AS parent, ${quoted(created)} AS created
     FROM ${quoted(table)} ORDER BY created, rowid`,
  );
  found.setReadBigInts(true);
  const listed = (found.all() as Record<string, unknown>[]).map((row) => {
    const id = String(row["id"]);
    return { ...row, id, sessionId: format.idOf(id, String(row["created"])) };
  }) as { row: bigint; id: string; parent: unknown; created: unknown; sessionId: SessionId }[];
  const ids = new Map(listed.map(({ id, sessionId }) => [id, sessionId]));
  const writer = new RowWriter(database, tables.get(table) as Table);
  const sessions = listed.map(({ id, sessionId, row, parent: of }) => {
    const parentId = typeof of === "string" && of !== "" ? (ids.get(of) ?? format.idOf(of, "")) : null;
    return { id, sessionId, parentId, ...marks.of(id, writer.line(row) ?? "") };
  });
  const known = new Set(format.unread);
  const query = format.rows(tables);
  return {
    ...{ tables, sessions, newer: format.newer?.(database, tables) },
    unknownTables: rows
      .map(({ name }) => name)
      .filter((name) => !known.has(name) && !query.includes(`'${name}' AS t`) && marks.tables.has(name)),
    orphans: marks.sessions.filter((id) => !ids.has(id)),
  };
}

/** Gathers what tells of a change, by session. */
class Marks {
  /** Tables that have rows. */
  readonly tables = new Set<string>();
  readonly #parts = new Map<string, string>();
  readonly #newest = new Map<string, number>();

  get sessions(): string[] {
    return [...this.#parts.keys()];
  }

  count(database: DatabaseSync, { name, columns, texts }: Table): void {
    const times = columns.filter((column) => A_TIME.test(column));
    const bytes = texts.map((column) => `COALESCE(octet_length(${quoted(column)}), 0)`);
    const counted = database.prepare(
      `SELECT ${SESSION} AS session, COUNT(*) AS n, MAX(rowid) AS last, TOTAL(${bytes.join(" + ") || "0"}) AS bytes
         ${times.map((column, index) => `, MAX(${quoted(column)}) AS t${index}`).join("")}
       FROM ${quoted(name)} GROUP BY ${SESSION}`,
    );
    counted.setReadBigInts(true);
    for (const row of counted.iterate() as Iterable<Record<string, unknown>>) {
      const id = String(row["session"]);
      const own = times.map((_, index) => row[`t${index}`]);
      this.tables.add(name);
      this.#parts.set(
        id,
        `${this.#parts.get(id) ?? ""}${[name, row["n"], row["last"], row["bytes"], ...own].join(" ")}\n`,
      );
      const newest = Math.max(...own.map(msOf), this.#newest.get(id) ?? 0);
      this.#newest.set(id, newest);
    }
  }

  of(id: string, row: string): { readonly mark: string; readonly isSettled: boolean } {
    const text = `${row}${this.#parts.get(id) ?? ""}`;
    const mark = createHash("sha256").update(text).digest("base64").slice(0, 27);
    return { mark, isSettled: (this.#newest.get(id) ?? 0) < Date.now() - SETTLED_AFTER_MS };
  }
}

function msOf(value: unknown): number {
  const time = rowTime(typeof value === "bigint" ? Number(value) : value);
  return time === undefined ? 0 : Date.parse(time);
}

/** A time as databases hold it: a number, or `2026-01-10 02:08:26` in UTC. */
export function rowTime(value: unknown): string | undefined {
  if (typeof value !== "string") return timeOf(value);
  return timeOf(
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$/.test(value) ? `${value.replace(" ", "T")}Z` : value,
  );
}
