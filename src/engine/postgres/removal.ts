import { randomUUID } from "node:crypto";
import { ConflictError } from "../../session/errors.ts";
import { FLUSH } from "./flush.ts";
import { headPart } from "./head-columns.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { TrashedSession } from "../contract.ts";
import type { Row } from "./client.ts";
import type { Attempt, Connection } from "./connection/connection.ts";
import { numberOf, textOf, timeOf } from "./row.ts";
import { Statement } from "./statement.ts";
import { NOW, type Tables } from "./tables.ts";

/**
 * A removal is one update of the session's row: from then on nobody finds it. Its other rows go afterwards; whoever
 * removes a session or empties the trash later takes along what a crash left behind.
 */

/** How long the row of a session that was removed for good stays, so that watchers hear of it. */
const TOMBSTONE_MS = 60_000;
/** So many left-overs are taken along at a time. */
const SWEPT = 100;

/** @returns false when there was no such session. */
export async function removeSession(
  connection: Connection,
  tables: Tables,
  id: SessionId,
  toTrash: boolean,
): Promise<boolean> {
  const move = randomUUID();
  const remove = async (attempt: Attempt): Promise<boolean> => {
    const statement = new Statement();
    const text = `update ${tables.sessions} set removed_ms = ${NOW}, purged = ${String(!toTrash)},
        moved_by = ${statement.param(move, "uuid")}
      where tenant = ${statement.param(tables.tenant, "text")} and id = ${statement.param(id, "uuid")}
        and removed_ms = 0 returning id, ${FLUSH.disk}`;
    const rows = await retried23505(attempt, { text, params: statement.params });
    return rows.length > 0 || (attempt.isSettling && (await wasMoved(attempt, tables, id, move)));
  };
  const removed = await connection.write(`remove session ${id}`, remove, id);
  // The session is removed; rows that stay for now are swept later.
  if (removed && !toTrash) await sweep(connection, tables, id).catch(() => undefined);
  return removed;
}

/** @returns false when it is not in the trash. @throws {ConflictError} when the id is in use. */
export async function restoreSession(
  connection: Connection,
  tables: Tables,
  id: SessionId,
): Promise<boolean> {
  const move = randomUUID();
  const restore = async (attempt: Attempt): Promise<boolean> => {
    const statement = new Statement();
    const tenant = statement.param(tables.tenant, "text");
    const key = statement.param(id, "uuid");
    const text = `update ${tables.sessions} set removed_ms = 0, updated_ms = greatest(updated_ms, ${NOW}),
        moved_by = ${statement.param(move, "uuid")}
      where tenant = ${tenant} and id = ${key} and removed_ms <> 0 and not purged and removed_ms = (
        select max(removed_ms) from ${tables.sessions}
        where tenant = ${tenant} and id = ${key} and removed_ms <> 0 and not purged
      ) returning id, ${FLUSH.disk}`;
    try {
      const rows = await attempt.send({ text, params: statement.params });
      if (rows.length > 0) return true;
      return attempt.isSettling && (await wasMoved(attempt, tables, id, move));
    } catch (error) {
      if ((error as { code?: unknown }).code !== "23505") throw error;
      if (attempt.isSettling && (await wasMoved(attempt, tables, id, move))) return true;
      throw new ConflictError(id, 0, await currentRevision(attempt, tables, id));
    }
  };
  return await connection.write(`restore session ${id}`, restore, id);
}

/** Last removed first. */
export async function listTrash(attempt: Attempt, tables: Tables): Promise<TrashedSession[]> {
  const statement = new Statement();
  const text = `select s.id, s.removed_ms, s.message_count, h.title
    from ${tables.sessions} s join ${tables.heads} h on h.tenant = s.tenant and h.life = s.life
    where s.tenant = ${statement.param(tables.tenant, "text")} and s.removed_ms <> 0 and not s.purged
    order by s.removed_ms desc, s.id`;
  const rows = await attempt.send({ text, params: statement.params });
  return rows.map((row) => ({
    id: textOf(row, "id") as SessionId,
    removedAt: timeOf(row, "removed_ms"),
    title: headPart(row, ["title"]).title,
    messageCount: numberOf(row, "message_count"),
  }));
}

/** @returns how many sessions were removed for good. */
export async function emptyTrash(connection: Connection, tables: Tables, before: Date): Promise<number> {
  const move = randomUUID();
  const count = await connection.write("empty the trash", async (attempt) => {
    const statement = new Statement();
    const tenant = statement.param(tables.tenant, "text");
    const text = `update ${tables.sessions} set purged = true, moved_by = ${statement.param(move, "uuid")}
      where tenant = ${tenant} and removed_ms <> 0 and removed_ms < ${statement.param(before.getTime(), "bigint")}
        and not purged returning id, ${FLUSH.disk}`;
    const rows = await attempt.send({ text, params: statement.params });
    if (rows.length > 0 || !attempt.isSettling) return rows.length;
    return (await movedBy(attempt, tables, move, "removed_ms <> 0")).length;
  });
  while ((await sweep(connection, tables)) === SWEPT) continue;
  return count;
}

/** Deletes what is left of sessions that were removed for good: of one, or of some. @returns of how many. */
async function sweep(connection: Connection, tables: Tables, id?: SessionId): Promise<number> {
  return await connection.write("clean up after removed sessions", async (attempt) => {
    const statement = new Statement();
    const tenant = statement.param(tables.tenant, "text");
    const which =
      id === undefined
        ? `exists (select from ${tables.heads} h where h.tenant = s.tenant and h.life = s.life)`
        : `id = ${statement.param(id, "uuid")}`;
    const old = `${NOW} - ${statement.param(TOMBSTONE_MS, "bigint")}`;
    const of = (table: string): string =>
      `delete from ${table} t using dead where t.tenant = ${tenant} and t.life = dead.life`;
    const text = `with dead as (
        select life from ${tables.sessions} s
        where tenant = ${tenant} and removed_ms <> 0 and purged and ${which} limit ${SWEPT}
      ), messages as (${of(tables.messages)}), commits as (${of(tables.commits)}), heads as (${of(tables.heads)}),
      words as (${of(tables.words)}), side_items as (${of(tables.sideItems)}), indexed as (${of(tables.indexed)}),
      tombstones as (
        delete from ${tables.sessions} s
        where s.tenant = ${tenant} and s.removed_ms <> 0 and s.removed_ms < ${old} and s.purged
          and not exists (select from ${tables.heads} h where h.tenant = s.tenant and h.life = s.life)
      ) select life from dead`;
    return (await attempt.send({ text, params: statement.params })).length;
  });
}

async function wasMoved(attempt: Attempt, tables: Tables, id: SessionId, move: string): Promise<boolean> {
  return (await movedBy(attempt, tables, move, `id = '${id}'`)).length > 0;
}

/** The sessions that a removal or restoration of ours moved; rewritten, so that they are as safe as a new write. */
async function movedBy(
  attempt: Attempt,
  tables: Tables,
  move: string,
  where: string,
): Promise<readonly Row[]> {
  const statement = new Statement();
  const tenant = statement.param(tables.tenant, "text");
  const text = `update ${tables.sessions} set moved_by = moved_by
    where tenant = ${tenant} and ${where} and moved_by = ${statement.param(move, "uuid")} returning id, ${FLUSH.disk}`;
  return await attempt.send({ text, params: statement.params });
}

async function currentRevision(attempt: Attempt, tables: Tables, id: SessionId): Promise<number> {
  const statement = new Statement();
  const text = `select revision from ${tables.sessions}
    where tenant = ${statement.param(tables.tenant, "text")} and id = ${statement.param(id, "uuid")} and removed_ms = 0`;
  const [row] = await attempt.send({ text, params: statement.params });
  return row === undefined ? 0 : numberOf(row, "revision");
}

/** Two removals of one id within a millisecond share a key: the second takes the next one. */
async function retried23505(
  attempt: Attempt,
  sql: Parameters<Attempt["send"]>[0],
): ReturnType<Attempt["send"]> {
  for (;;) {
    try {
      return await attempt.send(sql);
    } catch (error) {
      if ((error as { code?: unknown }).code !== "23505") throw error;
    }
  }
}
