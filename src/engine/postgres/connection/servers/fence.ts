import { randomUUID } from "node:crypto";
import { NotSentError } from "../../client.ts";
import type { Timeline } from "./timeline.ts";

const SERVER = `(select case when pg_is_in_recovery() then 'standby'
    else substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) end as timeline offset 0)`;
/** For a server that has no such functions. */
const SILENT_SERVER = `(select case when pg_is_in_recovery() then 'standby' else '' end as timeline offset 0)`;

/** The shorter of a time-out that was set already and a param, in milliseconds. */
function atMost(setting: string, param: string): string {
  const own = `current_setting('${setting}')`;
  return `set_config('${setting}', case when ${own} = '0' then ${param}
    else least(extract(epoch from ${own}::interval) * 1000, ${param}::numeric)::bigint::text end, true)`;
}

function textOf(server: string): string {
  return `select $1::text as call, server.timeline,
    ${atMost("statement_timeout", "$3::text")}, ${atMost("lock_timeout", "$4::text")},
    case when server.timeline = 'standby' or server.timeline < $2::text collate "C"
      then (server.timeline || ' refused')::int end
  from ${server} server`;
}

/**
 * What goes before each statement, in the same transaction and the same round trip. The server refuses both when it is
 * no primary, or one of an older timeline than the newest that is known here; it ends the statement itself when the
 * caller's time is over, or when it has waited for a lock for a while; and it answers with the name of the call, so that
 * the answer of another one is noticed.
 */
export const FENCE = textOf(SERVER);
export const SILENT_FENCE = textOf(SILENT_SERVER);
/** The same for reads that may be behind: any server will do. */
export const REPLICA_FENCE = `select $1::text as call, '' as timeline, $2::text as newest,
    ${atMost("statement_timeout", "$3::text")}, ${atMost("lock_timeout", "$4::text")}`;

/** So long a statement waits for a lock before it lets others have the connection, in milliseconds. */
const LOCK_SLICE = 1000;
const LONGEST = 2 ** 31 - 1;
const PROCESS = randomUUID().slice(0, 8);
let calls = 0;

export type Params = [call: string, newest: string, statementTimeout: string, lockTimeout: string];

/** @param until by `performance.now()`. */
export function fenceParams(timeline: Timeline, until: number | undefined): Params {
  const left =
    until === undefined ? LONGEST : Math.min(Math.max(Math.ceil(until - performance.now()), 1), LONGEST);
  return [`${PROCESS}-${++calls}`, timeline.newest, String(left), String(LOCK_SLICE)];
}

/** What the fence's error means: it is the only thing in it that can break. */
export function refusal(error: unknown): NotPrimaryError | undefined {
  const { code, message = "" } = error as { code?: unknown; message?: string };
  if (code !== "22P02" || !message.includes(" refused")) return undefined;
  return new NotPrimaryError(
    message.includes("standby") ? "the server is a standby" : "the server is an old primary",
    {
      cause: error,
    },
  );
}

/** The server is not the primary, or not any more: it did nothing. */
export class NotPrimaryError extends NotSentError {}
