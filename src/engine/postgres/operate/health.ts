import type { EngineHealth } from "../../contract.ts";
import type { PostgresClient, Row } from "../client.ts";
import type { Connection } from "../connection/connection.ts";
import { changesFrom, NO_ID, parseSnapshot } from "../read/snapshot.ts";
import { numberOf, textOf } from "../row.ts";
import { latestVersion, versionOf } from "../schema/migrate.ts";
import type { Tables } from "../schema/tables.ts";
import { Statement } from "../statement.ts";

/** To follow "Could not". */
const ASK = "ask the server how it is";
/** Sessions that are counted at most. */
const COUNTED = 10_000;

/** Asks the server how it is; changes nothing, and needs no tables. */
export async function healthOf(connection: Connection, tables: Tables): Promise<EngineHealth> {
  const expected = await latestVersion(tables.schema);
  const version = await connection.read(ASK, async (attempt) => {
    const query: PostgresClient["query"] = async (text, params) => ({
      rows: await attempt.send({ text, params }),
    });
    return (await versionOf({ query }, tables.schema)) ?? 0;
  });
  const [server] = await read(
    connection,
    `select current_setting('server_version') as version, pg_is_in_recovery()::text as standby,
       current_setting('max_connections')::int as most, current_setting('synchronous_commit') as durable,
       (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used`,
  );
  const standbys = await read(
    connection,
    `select coalesce(application_name, '') as name, coalesce(sync_state, '') as sync,
       coalesce(pg_wal_lsn_diff(sent_lsn, replay_lsn), 0)::bigint as lag from pg_stat_replication order by 1`,
  );
  if (server === undefined) throw new TypeError("no answer about the server");
  return {
    server: textOf(server, "version"),
    isPrimary: server["standby"] === "false",
    tables: { version, expected },
    connections: { used: numberOf(server, "used"), most: numberOf(server, "most") },
    standbys: standbys.map((row) => ({
      name: textOf(row, "name"),
      isSynchronous: ["sync", "quorum"].includes(textOf(row, "sync")),
      bytesBehind: numberOf(row, "lag"),
    })),
    searchBehind: version === expected ? await searchBehind(connection, tables) : undefined,
  };
}

/** Sessions whose words are not all indexed; `undefined` before the first search. */
async function searchBehind(connection: Connection, tables: Tables): Promise<number | undefined> {
  const mark = new Statement();
  const [row] = await read(
    connection,
    `select snapshot from ${tables.indexed} where tenant = ${mark.param(tables.tenant, "text")}
      and life = ${mark.param(NO_ID, "uuid")}`,
    mark,
  );
  const snapshot = typeof row?.["snapshot"] === "string" ? parseSnapshot(row["snapshot"]) : undefined;
  if (snapshot === undefined) return undefined;
  const statement = new Statement();
  const tenant = statement.param(tables.tenant, "text");
  const from = { transaction: snapshot.past, id: NO_ID };
  const [found] = await read(
    connection,
    `select count(*)::int as behind from ${changesFrom(tables, from, undefined, COUNTED)(statement)} c
      cross join lateral (
        select next_slot from ${tables.sessions}
        where tenant = ${tenant} and id = c.id and removed_ms = 0 and life = c.life limit 1
      ) s left join lateral (
        select past from ${tables.indexed} where tenant = ${tenant} and life = c.life limit 1
      ) i on true where s.next_slot > coalesce(i.past, 0)`,
    statement,
  );
  return found === undefined ? 0 : numberOf(found, "behind");
}

async function read(
  connection: Connection,
  text: string,
  { params }: Statement = new Statement(),
): Promise<readonly Row[]> {
  return await connection.read(ASK, (attempt) => attempt.send({ text, params }));
}
