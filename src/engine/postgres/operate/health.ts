import type { EngineHealth } from "../../contract.ts";
import type { PostgresClient, Row } from "../client.ts";
import type { Connection } from "../connection/connection.ts";
import { changesFrom, changesOf, NO_ID } from "../read/snapshot.ts";
import { numberOf, textOf } from "../row.ts";
import { latestVersion, versionOf } from "../schema/migrate.ts";
import type { Tables } from "../schema/tables.ts";
import { readProgress, stateStatement } from "../search/index-progress.ts";

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

/**
 * Sessions whose words are not all indexed, as a search would find out; `undefined` where it would look through all:
 * before the first search, and on a server to which the database was restored.
 */
async function searchBehind(connection: Connection, tables: Tables): Promise<number | undefined> {
  const { mark } = await connection.read(ASK, (attempt) => readProgress(attempt, tables));
  if (mark === undefined) return undefined;
  const from = { transaction: mark.past, id: NO_ID };
  const parts = [changesFrom(tables, from, undefined, COUNTED)];
  if (mark.running.length > 0) parts.push(changesOf(tables, mark));
  const state = stateStatement(
    tables,
    (statement) =>
      `(${parts.map((part) => `select id, life, changed_by from ${part(statement)}`).join(" union ")})`,
  );
  const [found] = await connection.read(ASK, (attempt) =>
    attempt.send({
      text: `select count(*)::int as behind from (${state.text}) state where next_slot > past`,
      params: state.params,
    }),
  );
  return found === undefined ? 0 : numberOf(found, "behind");
}

async function read(connection: Connection, text: string): Promise<readonly Row[]> {
  return await connection.read(ASK, (attempt) => attempt.send({ text, params: [] }));
}
