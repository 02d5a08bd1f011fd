import type { Holder } from "../../../session/summary/holder.ts";
import { parseJson } from "../../../session/json/json.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { Attempt } from "../connection/connection.ts";
import { textOf, textOrNullOf, timeOf } from "../row.ts";
import { NOW, type Tables } from "../schema/tables.ts";
import { Statement } from "../statement.ts";
import type { Row } from "../client.ts";

/** The columns of `joinHeld`. */
export const HELD_COLUMNS = "l.held_by, l.since_ms as held_since_ms";

/** Joins who holds the session `s` now. By its key, however many leases the planner believes that there are. */
export function joinHeld(tables: Tables, tenant: string): string {
  return `left join lateral (
      select held_by, since_ms from ${tables.leases}
      where tenant = ${tenant} and id = s.id and expires_ms > ${NOW} limit 1
    ) l on true`;
}

/** Who holds the session of a row. */
export function heldFrom(row: Row): Holder | null {
  const by = textOrNullOf(row, "held_by");
  return by === null ? null : { by: parseJson(by) as string, since: timeOf(row, "held_since_ms") };
}

/** The lease by which a session is held now. */
export async function leaseOf(
  attempt: Attempt,
  tables: Tables,
  id: SessionId,
): Promise<(Holder & { readonly token: string }) | undefined> {
  const statement = new Statement();
  const text = `select token, held_by, since_ms from ${tables.leases}
    where tenant = ${statement.param(tables.tenant, "text")} and id = ${statement.param(id, "uuid")}
      and expires_ms > ${NOW}`;
  const [row] = await attempt.send({ text, params: statement.params });
  if (row === undefined) return undefined;
  const by = parseJson(textOf(row, "held_by")) as string;
  return { token: textOf(row, "token"), by, since: timeOf(row, "since_ms") };
}
