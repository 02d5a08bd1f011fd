import { randomUUID } from "node:crypto";
import pg from "pg";
import type { Turn } from "../workload/turns.ts";

/** Stores the next turn of a writer's session. */
export type Store = (writer: number, turn: Turn) => Promise<unknown>;

export interface Writing {
  readonly store: Store;
  close(): Promise<void>;
}

/** The least that stores a turn: one insert, which no second writer is kept from. */
export async function rowPerMessage(
  url: string,
  begun: Turn,
  writers: number,
  connections: number,
): Promise<Writing> {
  const pool = new pg.Pool({ connectionString: url, max: connections });
  const table = `rows_${randomUUID().replaceAll("-", "")}`;
  await pool.query(`create table ${table} (session uuid, n bigint, body text, primary key (session, n))`);
  const sessions = Array.from({ length: writers }, () => ({ id: randomUUID(), length: 0 }));
  const writing: Writing = {
    async store(writer, turn) {
      const session = sessions[writer];
      if (session === undefined) return;
      const values = turn.flatMap((message) => [session.id, session.length++, JSON.stringify(message)]);
      const places = turn.map((_, n) => `($${3 * n + 1}, $${3 * n + 2}, $${3 * n + 3})`).join(", ");
      const text = `insert into ${table} values ${places}`;
      // A statement with a name is planned once per connection.
      await pool.query({ name: `insert ${table} ${turn.length}`, text, values });
    },
    close: () => pool.end(),
  };
  if (begun.length > 0) await Promise.all(sessions.map((_, writer) => writing.store(writer, begun)));
  return writing;
}

/**
 * The least that does what a session store is asked for: who builds on an old revision is refused, a list goes by the
 * last change, and each commit is noted. One statement, with nothing to tell a repetition, an old primary or a change of
 * a row by.
 */
export async function guardedRows(
  url: string,
  begun: Turn,
  writers: number,
  connections: number,
): Promise<Writing> {
  const pool = new pg.Pool({ connectionString: url, max: connections });
  const name = `guarded_${randomUUID().replaceAll("-", "")}`;
  await pool.query(`create table ${name} (id uuid primary key, revision bigint, length bigint, updated timestamptz);
    create index on ${name} (updated desc, id);
    create table ${name}_commits (id uuid, revision bigint, at timestamptz, first bigint, inserted bigint,
      primary key (id, revision));
    create table ${name}_messages (id uuid, n bigint, body text, primary key (id, n))`);
  const sessions = Array.from({ length: writers }, () => ({ id: randomUUID(), revision: 0 }));
  await pool.query(`insert into ${name} select unnest($1::uuid[]), 0, 0, now()`, [
    sessions.map(({ id }) => id),
  ]);
  const writing: Writing = {
    async store(writer, turn) {
      const session = sessions[writer];
      if (session === undefined) return;
      const count = turn.length;
      const bodies = turn.map((_, n) => `(${n}, $${n + 3}::text)`).join(", ");
      const text = `with moved as (
          update ${name} set revision = revision + 1, length = length + ${count}, updated = clock_timestamp()
          where id = $1::uuid and revision = $2::bigint returning id, revision, length, updated
        ), noted as (
          insert into ${name}_commits select id, revision, updated, length - ${count}, ${count} from moved
        ), added as (
          insert into ${name}_messages select id, length - ${count} + n, body
          from moved, (values ${bodies}) as line(n, body)
        ) select revision from moved`;
      const values = [session.id, session.revision++, ...turn.map((message) => JSON.stringify(message))];
      const { rowCount } = await pool.query({ name: `commit ${name} ${count}`, text, values });
      if (rowCount !== 1) throw new Error("the commit was refused");
    },
    close: () => pool.end(),
  };
  if (begun.length > 0) await Promise.all(sessions.map((_, writer) => writing.store(writer, begun)));
  return writing;
}
