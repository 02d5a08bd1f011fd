import type { DatabaseSync } from "node:sqlite";
import { ImportError } from "../../session/errors/errors.ts";
import { parseJson, type JsonObject } from "../../session/json/json.ts";
import { Beginning } from "../read/beginning.ts";
import type { Source } from "../read/source.ts";
import type { DatabaseFormat } from "./database-format.ts";
import { RowWriter } from "./row-text.ts";
import { tablesOfSessions, type ListedSession } from "./session-list.ts";
import type { SourceDatabase } from "./source-database.ts";
import { quoted, type Table, type Tables } from "./tables.ts";

/** So much is read in one transaction. */
const CHUNK = 1 << 20;
/** A session is read more than once; one that is smaller is held meanwhile. */
const MOST_HELD = 4 << 20;

/** The rows of one session as a text: a row on each line, that of the session last. */
export class SessionRows implements Source {
  readonly path: string;
  readonly modified: Date;
  readonly length = undefined;
  /** Small, since the last piece is kept anew each time something is added to a session. */
  readonly pieceSize = 128 << 10;
  readonly #database: SourceDatabase;
  readonly #format: DatabaseFormat;
  readonly #tables: Tables;
  readonly #session: ListedSession;
  #held: readonly Buffer[] | undefined;

  constructor(
    database: SourceDatabase,
    modified: Date,
    format: DatabaseFormat,
    tables: Tables,
    session: ListedSession,
  ) {
    this.path = database.path;
    this.modified = modified;
    this.#database = database;
    this.#format = format;
    this.#tables = tables;
    this.#session = session;
  }

  beginning(): Promise<Beginning> {
    const nothing = Buffer.alloc(0);
    const { path, modified } = this;
    return Promise.resolve(new Beginning({ path, modified, start: nothing, end: nothing, isWhole: false }));
  }

  /** The session's own row. @throws {ImportError} when the session is not there any more. */
  async row(): Promise<JsonObject> {
    const line = await this.#database.read((database) => {
      const table = this.#tableOf(this.#format.sessions.table);
      const rowId = database
        .prepare(`SELECT rowid AS r FROM ${quoted(table.name)} WHERE id = ?`)
        .get(this.#session.id)?.["r"];
      return rowId === undefined ? undefined : new RowWriter(database, table).line(rowId as number);
    });
    if (line === undefined) throw new ImportError(this.path, "the session was deleted while it was imported");
    return (parseJson(line) as { readonly row: JsonObject }).row;
  }

  async *chunks(): AsyncGenerator<Buffer> {
    if (this.#held !== undefined) {
      yield* this.#held;
      return;
    }
    const held: Buffer[] = [];
    let bytes = 0;
    let plan: RowPlan | undefined;
    for (let at = 0; plan === undefined || at < plan.length;) {
      const [from, known] = [at, plan];
      const read = await this.#database.read((database) => {
        const rows = known ?? this.#plan(database);
        return { rows, ...this.#read(database, rows, from) };
      });
      plan = read.rows;
      at = read.next;
      const chunk = Buffer.from(read.text);
      bytes += chunk.length;
      if (bytes <= MOST_HELD) held.push(chunk);
      else held.length = 0;
      yield chunk;
    }
    if (bytes <= MOST_HELD) this.#held = held;
  }

  #tableOf(name: string): Table {
    return this.#tables.get(name) as Table;
  }

  /** Which rows there are, in their order. */
  #plan(database: DatabaseSync): RowPlan {
    const plan = new RowPlan();
    const inOrder = this.#format.rows(this.#tables);
    const { id } = this.#session;
    const add = (query: string): void => {
      const statement = database.prepare(query);
      statement.setReadBigInts(true);
      for (const { t, r } of statement.iterate(id)) plan.add(String(t), r as bigint);
    };
    add(inOrder);
    for (const { name } of tablesOfSessions(this.#format, this.#tables)) {
      if (inOrder.includes(`'${name}' AS t`)) continue;
      add(
        `SELECT '${name.replaceAll("'", "''")}' AS t, rowid AS r FROM ${quoted(name)} WHERE session_id = ?1 ORDER BY r`,
      );
    }
    const { table } = this.#format.sessions;
    add(`SELECT '${table}' AS t, rowid AS r FROM ${quoted(table)} WHERE id = ?1`);
    return plan;
  }

  /** A chunk of rows. One that was removed meanwhile is left out: the session's next import sees to it. */
  #read(
    database: DatabaseSync,
    plan: RowPlan,
    from: number,
  ): { readonly text: string; readonly next: number } {
    const writers = new Map<string, RowWriter>();
    const lines: string[] = [];
    let length = 0;
    let next = from;
    while (next < plan.length && length < CHUNK) {
      const [name, rowId] = plan.at(next++);
      let writer = writers.get(name);
      if (writer === undefined) {
        writer = new RowWriter(database, this.#tableOf(name));
        writers.set(name, writer);
      }
      const line = writer.line(rowId);
      if (line === undefined) continue;
      lines.push(line);
      length += line.length;
    }
    return { text: lines.join(""), next };
  }
}

/** Numbers of rows in the order in which they are read: a few bytes for each. */
class RowPlan {
  readonly #names: string[] = [];
  readonly #tables: number[] = [];
  readonly #rows: (number | bigint)[] = [];

  get length(): number {
    return this.#rows.length;
  }

  add(table: string, row: bigint): void {
    let index = this.#names.indexOf(table);
    if (index < 0) index = this.#names.push(table) - 1;
    this.#tables.push(index);
    const number = Number(row);
    this.#rows.push(Number.isSafeInteger(number) ? number : row);
  }

  at(position: number): readonly [table: string, row: number | bigint] {
    return [this.#names[this.#tables[position] ?? 0] ?? "", this.#rows[position] ?? 0];
  }
}
