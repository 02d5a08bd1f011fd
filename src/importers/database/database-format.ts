import type { DatabaseSync } from "node:sqlite";
import type { JsonObject } from "../../session/json/json.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { Harvest } from "../draft/harvest.ts";
import type { Tables } from "./tables.ts";

/** Reads the sessions of one agent out of its SQLite database. */
export interface DatabaseFormat {
  /** The agent's short name, as `Importer.format`. */
  readonly format: string;
  /** Its name in sentences. */
  readonly name: string;
  /** Raised when the same rows would give other messages than before. */
  readonly version: number;
  /** Whether a database is this agent's, perhaps a newer version's: by its tables. */
  isOf(tables: Tables): boolean;
  /** Columns, by table, without which nothing can be read. */
  readonly needs: Readonly<Record<string, readonly string[]>>;
  /** The table of sessions, in which the id is `id`, and its columns of the parent's id and of the time of creation. */
  readonly sessions: { readonly table: string; readonly parent: string; readonly created: string };
  /** Tables of which rows are kept, and are no messages. Any other table with a column `session_id` is kept and told. */
  readonly unread: readonly string[];
  /**
   * A query for the rows of the session `?1` that are to be read, in their order: `t`, the name of a table, and `r`, a
   * row's number. What is added later should come last, since what is kept of the rows is kept by its beginning.
   */
  rows(tables: Tables): string;
  /** Our id of a session. */
  idOf(id: string, created: string): SessionId;
  /** What is to be told of the database, because it is newer than what is known. */
  newer?(database: DatabaseSync, tables: Tables): string | undefined;
  /** Begins to read a session, whose row and place are known. */
  begin(harvest: Harvest, session: DatabaseSession): RowReader;
}

export interface DatabaseSession {
  /** The agent's own id of it. */
  readonly id: string;
  /** Its row in the table of sessions. */
  readonly row: JsonObject;
  /** The database. */
  readonly path: string;
}

/** Takes in the rows of one session. */
export interface RowReader {
  row(table: string, row: JsonObject): void;
  end?(): void;
}
