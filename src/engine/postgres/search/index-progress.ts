import type { Attempt } from "../connection/connection.ts";
import {
  isBefore,
  parseSnapshot,
  SNAPSHOT,
  snapshotOf,
  type Condition,
  type Snapshot,
} from "../read/snapshot.ts";
import { textOf, textOrNullOf } from "../row.ts";
import type { Tables } from "../schema/tables.ts";
import { Statement, type Sql } from "../statement.ts";

/** How far the search index is, and what a search has to find. */
export interface Progress {
  /** What was indexed of; `undefined` when nothing is known of it, or it was another server. */
  readonly mark: Snapshot | undefined;
  readonly now: Snapshot;
  /** `now`, as the server writes it. */
  readonly snapshot: string;
  readonly cluster: string;
}

/** The row that tells how far all sessions are. */
const ALL = "00000000-0000-0000-0000-000000000000";
/** Which server it is: the number that its data were given when they were made. */
const CLUSTER = "(select system_identifier::text from pg_control_system())";

export async function readProgress(attempt: Attempt, tables: Tables): Promise<Progress> {
  const [row] = await attempt.send(readingOf(tables, CLUSTER)).catch((error: unknown) => {
    // Where it may not be asked which server this is.
    if (!["42501", "42883"].includes((error as { code?: string }).code ?? "")) throw error;
    return attempt.send(readingOf(tables, "''"));
  });
  if (row === undefined) throw new TypeError("no answer about the search index");
  const now = snapshotOf(row, "now");
  const cluster = textOf(row, "cluster");
  const mark = parseSnapshot(textOrNullOf(row, "snapshot") ?? "");
  // The numbers of another server's transactions say nothing here.
  const holds = mark !== undefined && row["marked_cluster"] === cluster && isBefore(mark, now);
  return { mark: holds ? mark : undefined, now, snapshot: textOf(row, "now"), cluster };
}

function readingOf(tables: Tables, cluster: string): Sql {
  const statement = new Statement();
  const tenant = statement.param(tables.tenant, "text");
  const text = `select ${SNAPSHOT} as now, ${cluster} as cluster, i.snapshot, i.cluster as marked_cluster
    from (select ${tenant} as tenant) t left join ${tables.indexed} i
      on i.tenant = t.tenant and i.life = ${statement.param(ALL, "uuid")}`;
  return { text, params: statement.params };
}

/** Notes that everything is indexed that `progress` could see. */
export function progressStatement(tables: Tables, { snapshot, cluster }: Progress): Sql {
  const statement = new Statement();
  const text = `insert into ${tables.indexed} (tenant, life, past, snapshot, cluster)
    values (${statement.param(tables.tenant, "text")}, ${statement.param(ALL, "uuid")}, 0,
      ${statement.param(snapshot, "text")}, ${statement.param(cluster, "text")})
    on conflict (tenant, life) do update set snapshot = excluded.snapshot, cluster = excluded.cluster
    returning set_config('synchronous_commit', 'off', true)`;
  return { text, params: statement.params };
}

/** How far some sessions are indexed, in the order of `changed_by` and id; null for those that are gone. */
export function stateStatement(tables: Tables, sessions: Condition): Sql {
  const statement = new Statement();
  const tenant = statement.param(tables.tenant, "text");
  const text = `select a.id, a.life, a.changed_by, s.next_slot, coalesce(i.past, 0) as past,
      coalesce(i.edits, 0) as edits
    from ${sessions(statement)} a
      left join lateral (
        select next_slot from ${tables.sessions}
        where tenant = ${tenant} and id = a.id and removed_ms = 0 and life = a.life limit 1
      ) s on true
      left join lateral (
        select past, edits from ${tables.indexed} where tenant = ${tenant} and life = a.life limit 1
      ) i on true
    order by a.changed_by, a.id`;
  return { text, params: statement.params };
}
