import type { SessionId } from "../../../session/session-id.ts";
import type { Connection } from "../connection/connection.ts";
import { NOW, type Tables } from "../schema/tables.ts";
import { Statement } from "../statement.ts";

/** So many left-overs are taken along at a time. */
const SWEPT = 100;
/** How long, in milliseconds, it stays noted that a session was removed for good, so that watchers hear of it. */
const NOTED = 3_600_000;
/**
 * Stands for all sessions in `activity`. Its `changed_by` is the last one of the removals that are noted no longer, so
 * that whoever has not heard of that one knows that something is missing.
 */
export const ANY_SESSION = "00000000-0000-0000-0000-000000000000";

/** Deletes what is left of sessions that were removed for good: of one, or of some. @returns of how many. */
export async function sweep(connection: Connection, tables: Tables, id?: SessionId): Promise<number> {
  return await connection.write("clean up after removed sessions", async (attempt) => {
    const statement = new Statement();
    const tenant = statement.param(tables.tenant, "text");
    const which = id === undefined ? "" : `and id = ${statement.param(id, "uuid")}`;
    const any = statement.param(ANY_SESSION, "uuid");
    const of = (table: string): string =>
      `delete from ${table} t using dead where t.tenant = ${tenant} and t.life = dead.life`;
    const text = `with dead as materialized (
        select id, life, removed_ms from ${tables.sessions}
        where tenant = ${tenant} and purged ${which} limit ${SWEPT}
      ), messages as (${of(tables.messages)}), commits as (${of(tables.commits)}), heads as (${of(tables.heads)}),
      words as (${of(tables.words)}), side_items as (${of(tables.sideItems)}), indexed as (${of(tables.indexed)}),
      sessions as (
        delete from ${tables.sessions} s using dead
        where s.tenant = ${tenant} and s.id = dead.id and s.removed_ms = dead.removed_ms
      ), swept as (
        update ${tables.activity} a set swept_ms = ${NOW} from dead
        where a.tenant = ${tenant} and a.id = dead.id and a.life = dead.life
      ), old as materialized (
        select id, life, changed_by from ${tables.activity}
        where tenant = ${tenant} and swept_ms < ${NOW} - ${statement.param(NOTED, "bigint")} limit ${SWEPT}
      ), forgotten as (
        delete from ${tables.activity} a using old
        where a.tenant = ${tenant} and a.id = old.id and a.life = old.life
      ), told as (
        insert into ${tables.activity} as a (tenant, id, life, listed, updated_ms, changed_by)
        select ${tenant}, ${any}, ${any}, false, 0, max(changed_by) from old having count(*) > 0
        on conflict (tenant, id, life) do update set changed_by = greatest(a.changed_by, excluded.changed_by)
      ) select life from dead`;
    return (await attempt.send({ text, params: statement.params })).length;
  });
}
