import { randomUUID } from "node:crypto";
import { ConflictError } from "../../../session/errors/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { timeMs } from "../../../session/time.ts";
import type { RemovalNote, RemoveOptions } from "../../contract.ts";
import type { Attempt, Connection } from "../connection/connection.ts";
import { numberOf, textOf } from "../row.ts";
import { NOW, THIS_TRANSACTION, type Tables } from "../schema/tables.ts";
import { Statement } from "../statement.ts";
import { FLUSH } from "./flush.ts";
import { sweep } from "./sweep.ts";

/**
 * A removal is one update of the session's row: from then on nobody finds it. Its other rows go afterwards; whoever
 * removes a session or empties the trash later takes along what a crash left behind.
 */

/** Sessions that one statement takes out of the trash for good. */
const PAGE = 500;

/**
 * @returns false when there was no such session.
 * @throws {ConflictError} when it is not as `ifUnchanged` says.
 */
export async function removeSession(
  connection: Connection,
  tables: Tables,
  id: SessionId,
  { trash: toTrash = false, ifUnchanged, note }: RemoveOptions,
): Promise<boolean> {
  const move = randomUUID();
  const remove = async (attempt: Attempt): Promise<boolean> => {
    const statement = new Statement();
    const tenant = statement.param(tables.tenant, "text");
    const key = statement.param(id, "uuid");
    const text = `with moved as (
        update ${tables.sessions} set removed_ms = ${removalTime(tables, tenant, key)}, purged = ${String(!toTrash)}
        where tenant = ${tenant} and id = ${key} and removed_ms = 0 ${unchanged(statement, ifUnchanged)}
        returning id, life, updated_ms, message_count, removed_ms
      ), active as (${noted(tables, tenant, statement.param(move, "uuid"), false)} and a.id = ${key})
      ${logged(tables, statement, tenant, note, { at: "moved.removed_ms", isGone: !toTrash })}
      select id, ${FLUSH.disk} from moved`;
    const rows = await retried23505(attempt, { text, params: statement.params });
    if (rows.length > 0 || (attempt.isSettling && (await wasMoved(attempt, tables, id, move)))) return true;
    const revision = ifUnchanged === undefined ? 0 : await currentRevision(attempt, tables, id);
    if (ifUnchanged !== undefined && revision > 0)
      throw new ConflictError(id, ifUnchanged.revision, revision);
    return false;
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
    const text = `with moved as (
        update ${tables.sessions} set removed_ms = 0, updated_ms = greatest(updated_ms, ${NOW})
        where tenant = ${tenant} and id = ${key} and removed_ms <> 0 and not purged and removed_ms = (
          select max(removed_ms) from ${tables.sessions}
          where tenant = ${tenant} and id = ${key} and removed_ms <> 0 and not purged
        ) returning id, life, updated_ms
      ), active as (${noted(tables, tenant, statement.param(move, "uuid"), true)} and a.id = ${key})
      select id, ${FLUSH.disk} from moved`;
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

/**
 * @param before compares no times when it is left out.
 * @param note has them in the log.
 * @returns how many sessions were removed for good.
 */
export async function emptyTrash(
  connection: Connection,
  tables: Tables,
  before?: Date,
  note?: RemovalNote,
): Promise<number> {
  let count = 0;
  for (;;) {
    const page = await connection.read("empty the trash", (attempt) => trashPage(attempt, tables, before));
    if (page.length === 0) break;
    count += await purge(connection, tables, page, note);
    while ((await sweep(connection, tables)) > 0) continue;
  }
  // What a crash left behind.
  while ((await sweep(connection, tables)) > 0) continue;
  return count;
}

/** Moves to the trash what did not change since a time. @returns how many sessions. */
export async function trashOld(connection: Connection, tables: Tables, before: Date): Promise<number> {
  let count = 0;
  let page: readonly Old[] = [];
  do {
    const after = page.at(-1);
    page = await connection.read("list old sessions", (attempt) => oldPage(attempt, tables, before, after));
    if (page.length > 0) count += await trashThese(connection, tables, before, page);
  } while (page.length > 0);
  return count;
}

interface Old {
  readonly id: string;
  readonly life: string;
  readonly updated: number;
}

/** The next ones by their time: one that has to stay is passed by. */
async function oldPage(
  attempt: Attempt,
  tables: Tables,
  before: Date,
  after: Old | undefined,
): Promise<Old[]> {
  const statement = new Statement();
  const tenant = statement.param(tables.tenant, "text");
  const end = statement.param(before.getTime(), "bigint");
  const from = after && statement.param(after.updated, "bigint");
  const behind =
    after === undefined
      ? ""
      : `and updated_ms >= ${from} and (updated_ms > ${from} or id < ${statement.param(after.id, "uuid")})`;
  const text = `select id, life, updated_ms from ${tables.activity}
    where tenant = ${tenant} and listed and updated_ms < ${end} ${behind}
    order by updated_ms, id desc limit ${PAGE}`;
  const rows = await attempt.send({ text, params: statement.params });
  return rows.map((row) => ({
    id: textOf(row, "id"),
    life: textOf(row, "life"),
    updated: numberOf(row, "updated_ms"),
  }));
}

/** @returns how many were moved: one that was changed since it was listed stays. */
async function trashThese(
  connection: Connection,
  tables: Tables,
  before: Date,
  page: readonly Old[],
): Promise<number> {
  const move = randomUUID();
  return await connection.write("move old sessions to the trash", async (attempt) => {
    const statement = new Statement();
    const tenant = statement.param(tables.tenant, "text");
    const ids = statement.param(page.map(({ id }) => id).join(","), "text");
    const text = `with moved as (
        update ${tables.sessions} s set removed_ms = ${removalTime(tables, tenant, "old.id")}
        from unnest(string_to_array(${ids}, ',')::uuid[]) as old(id)
        where s.tenant = ${tenant} and s.id = old.id and s.removed_ms = 0
          and s.updated_ms < ${statement.param(before.getTime(), "bigint")}
        returning s.id, s.life, s.updated_ms
      ), active as (${noted(tables, tenant, statement.param(move, "uuid"), false)})
      select id, ${FLUSH.disk} from moved`;
    const rows = await retried23505(attempt, { text, params: statement.params });
    return await countMoved(attempt, tables, page, move, rows.length);
  });
}

interface Trashed {
  readonly id: string;
  readonly life: string;
  readonly removed: number;
}

async function trashPage(attempt: Attempt, tables: Tables, before: Date | undefined): Promise<Trashed[]> {
  const statement = new Statement();
  const tenant = statement.param(tables.tenant, "text");
  const isOld = before === undefined ? "" : `and removed_ms < ${statement.param(before.getTime(), "bigint")}`;
  const text = `select id, life, removed_ms from ${tables.sessions}
    where tenant = ${tenant} and removed_ms <> 0 ${isOld} and not purged
    order by removed_ms limit ${PAGE}`;
  const rows = await attempt.send({ text, params: statement.params });
  return rows.map((row) => ({
    id: textOf(row, "id"),
    life: textOf(row, "life"),
    removed: numberOf(row, "removed_ms"),
  }));
}

/** @returns how many of these sessions were removed for good by this call, and not by another at the same time. */
async function purge(
  connection: Connection,
  tables: Tables,
  page: readonly Trashed[],
  note: RemovalNote | undefined,
): Promise<number> {
  const move = randomUUID();
  return await connection.write("empty the trash", async (attempt) => {
    const statement = new Statement();
    const tenant = statement.param(tables.tenant, "text");
    const list = (value: (session: Trashed) => string | number, type: string): string =>
      `string_to_array(${statement.param(page.map(value).join(","), "text")}, ',')::${type}[]`;
    const trashed = `unnest(${list(({ id }) => id, "uuid")}, ${list(({ removed }) => removed, "bigint")})`;
    const text = `with moved as (
        update ${tables.sessions} s set purged = true from ${trashed} as trashed(id, removed_ms)
        where s.tenant = ${tenant} and s.id = trashed.id and s.removed_ms = trashed.removed_ms and not s.purged
        returning s.id, s.life, s.updated_ms, s.message_count
      ), active as (${noted(tables, tenant, statement.param(move, "uuid"), false)})
      ${logged(tables, statement, tenant, note, { at: NOW, isGone: true })}
      select id, ${FLUSH.disk} from moved`;
    const rows = await attempt.send({ text, params: statement.params });
    return await countMoved(attempt, tables, page, move, rows.length);
  });
}

/** Behind every earlier removal of the id, so that its lives in the trash keep their order when the clock goes back. */
function removalTime({ sessions }: Tables, tenant: string, id: string): string {
  return `greatest(${NOW}, 1 + (select max(removed_ms) from ${sessions} where tenant = ${tenant} and id = ${id}))`;
}

/** The other half of a removal or a restoration of the sessions in `moved`. */
function noted({ activity }: Tables, tenant: string, move: string, listed: boolean): string {
  return `update ${activity} a set listed = ${String(listed)}, updated_ms = moved.updated_ms,
      changed_by = ${THIS_TRANSACTION}, moved_by = ${move}
    from moved where a.tenant = ${tenant} and a.id = moved.id and a.life = moved.life`;
}

/** The condition that a session is as its summary says. */
function unchanged(statement: Statement, known: RemoveOptions["ifUnchanged"]): string {
  if (known === undefined) return "";
  const updated = statement.param(timeMs(known.updatedAt), "bigint");
  return `and revision = ${statement.param(known.revision, "bigint")} and updated_ms = ${updated}`;
}

/** The entries in the log of the sessions in `moved`, where there is a note. */
function logged(
  { removals, heads }: Tables,
  statement: Statement,
  tenant: string,
  note: RemovalNote | undefined,
  { at, isGone }: { readonly at: string; readonly isGone: boolean },
): string {
  if (note === undefined) return "";
  const [run, rule, reason] = [note.run, note.rule, note.reason].map((text) =>
    statement.param(storable(text), "text"),
  );
  return `, logged as (
    insert into ${removals} (tenant, at_ms, run, id, gone, rule, reason, title, message_count)
    select ${tenant}, ${at}, ${run}, moved.id, ${String(isGone)}, ${rule}, ${reason}, coalesce(h.title, 'null'),
      moved.message_count
    from moved left join lateral (
      select title from ${heads} where tenant = ${tenant} and life = moved.life limit 1
    ) h on true
  )`;
}

/** The text type has no zero character and no lone surrogates. */
function storable(text: string): string {
  return text.replaceAll("\0", "").toWellFormed();
}

/** How many sessions of a page were moved by this call: by this try, or by one before it whose answer was lost. */
async function countMoved(
  attempt: Attempt,
  tables: Tables,
  page: readonly { readonly id: string; readonly life: string }[],
  move: string,
  byThisTry: number,
): Promise<number> {
  if (!attempt.isSettling) return byThisTry;
  let moved = 0;
  for (const { id, life } of page) if (await wasMoved(attempt, tables, id, move, life)) moved++;
  return moved;
}

/** Whether a removal or restoration of ours moved a session; rewritten, so that it is as safe as a new write. */
async function wasMoved(
  attempt: Attempt,
  tables: Tables,
  id: string,
  move: string,
  life?: string,
): Promise<boolean> {
  const statement = new Statement();
  const ofLife = life === undefined ? "" : `and life = ${statement.param(life, "uuid")}`;
  const text = `with moved as (
      update ${tables.activity} set moved_by = moved_by
      where tenant = ${statement.param(tables.tenant, "text")} and id = ${statement.param(id, "uuid")} ${ofLife}
        and moved_by = ${statement.param(move, "uuid")} returning id
    ) select id, ${FLUSH.disk} from moved`;
  return (await attempt.send({ text, params: statement.params })).length > 0;
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
