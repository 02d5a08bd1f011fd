import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { sqlite } from "../../src/sqlite.ts";

/** Tables as their agents make them, by what is known of them. */
export const OPENCODE = `
  CREATE TABLE project (id text PRIMARY KEY, worktree text NOT NULL, time_created integer, time_updated integer);
  CREATE TABLE session (
    id text PRIMARY KEY, project_id text NOT NULL, parent_id text, slug text NOT NULL, directory text NOT NULL,
    title text NOT NULL, version text NOT NULL, cost real DEFAULT 0 NOT NULL, revert text,
    time_created integer NOT NULL, time_updated integer NOT NULL, time_archived integer);
  CREATE TABLE message (
    id text PRIMARY KEY, session_id text NOT NULL, time_created integer NOT NULL, time_updated integer NOT NULL,
    data text NOT NULL);
  CREATE INDEX message_session_idx ON message (session_id, time_created, id);
  CREATE TABLE part (
    id text PRIMARY KEY, message_id text NOT NULL, session_id text NOT NULL, time_created integer NOT NULL,
    time_updated integer NOT NULL, data text NOT NULL);
  CREATE INDEX part_message_idx ON part (message_id, id);
  CREATE INDEX part_session_idx ON part (session_id);
  CREATE TABLE todo (session_id text NOT NULL, content text, position integer, PRIMARY KEY (session_id, position));`;

export const GOOSE = `
  CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
  INSERT INTO schema_version (version) VALUES (15);
  CREATE TABLE sessions (
    id TEXT PRIMARY KEY, name TEXT NOT NULL DEFAULT '', description TEXT NOT NULL DEFAULT '',
    user_set_name BOOLEAN DEFAULT FALSE, session_type TEXT NOT NULL DEFAULT 'user', working_dir TEXT NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    extension_data TEXT DEFAULT '{}', accumulated_input_tokens INTEGER, accumulated_output_tokens INTEGER,
    accumulated_cost REAL, model_config_json TEXT, parent_session_id TEXT);
  CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT, session_id TEXT NOT NULL, role TEXT NOT NULL,
    content_json TEXT NOT NULL, created_timestamp INTEGER NOT NULL, timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    tokens INTEGER, metadata_json TEXT);
  CREATE TABLE usage_ledger (
    id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL, created_timestamp INTEGER NOT NULL, model TEXT,
    input_tokens INTEGER, output_tokens INTEGER, cache_read_tokens INTEGER, cache_write_tokens INTEGER, cost REAL);`;

export const CRUSH = `
  CREATE TABLE sessions (
    id TEXT PRIMARY KEY, parent_session_id TEXT, title TEXT NOT NULL, message_count INTEGER NOT NULL DEFAULT 0,
    prompt_tokens INTEGER NOT NULL DEFAULT 0, completion_tokens INTEGER NOT NULL DEFAULT 0,
    cost REAL NOT NULL DEFAULT 0.0, updated_at INTEGER NOT NULL, created_at INTEGER NOT NULL,
    summary_message_id TEXT);
  CREATE TABLE files (
    id TEXT PRIMARY KEY, session_id TEXT NOT NULL, path TEXT NOT NULL, content TEXT NOT NULL,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL);
  CREATE TABLE messages (
    id TEXT PRIMARY KEY, session_id TEXT NOT NULL, role TEXT NOT NULL, parts BLOB NOT NULL DEFAULT '[]', model TEXT,
    provider TEXT, is_summary_message INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, finished_at INTEGER);`;

/** Opens a database for writing, as its agent does, and makes the tables when it is new. */
export function openDatabase(base: string, name: string, tables: string): DatabaseSync {
  const path = join(base, name);
  mkdirSync(dirname(path), { recursive: true });
  const database = new (sqlite().DatabaseSync)(path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF");
  if (database.prepare("SELECT 1 FROM sqlite_master").get() === undefined) database.exec(tables);
  return database;
}

/** Inserts rows; objects and lists become JSON. */
export function insert(database: DatabaseSync, table: string, ...rows: Record<string, unknown>[]): void {
  for (const row of rows) {
    const names = Object.keys(row);
    const places = names.map(() => "?").join(", ");
    database
      .prepare(`INSERT INTO ${table} (${names.join(", ")}) VALUES (${places})`)
      .run(...names.map((name) => stored(row[name])));
  }
}

function stored(value: unknown): SQLInputValue {
  const isJson = typeof value === "object" && value !== null && !(value instanceof Uint8Array);
  return isJson ? JSON.stringify(value) : (value as SQLInputValue);
}

export const T0 = Date.parse("2026-01-10T02:00:00.000Z");

/** Rows of opencode's, with what most tests do not care about. */
export const opencode = {
  session: (id: string, fields: object = {}): Record<string, unknown> => ({
    ...{
      id,
      project_id: "global",
      slug: id,
      directory: "/home/dev/project",
      title: "A title",
      version: "1.2.3",
    },
    ...{ time_created: T0, time_updated: T0, ...fields },
  }),
  message: (session: string, id: string, at: number, data: object): Record<string, unknown> => ({
    ...{ id, session_id: session, time_created: T0 + at, time_updated: T0 + at },
    data: { time: { created: T0 + at }, ...data },
  }),
  part: (session: string, message: string, id: string, data: object): Record<string, unknown> => ({
    ...{ id, message_id: message, session_id: session, time_created: T0, time_updated: T0, data },
  }),
};
