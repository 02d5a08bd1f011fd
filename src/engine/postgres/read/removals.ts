import type { SessionId } from "../../../session/session-id.ts";
import type { Removal } from "../../contract.ts";
import type { Connection } from "../connection/connection.ts";
import { numberOf, textOf, timeOf } from "../row.ts";
import { headPart } from "../schema/head-columns.ts";
import type { Tables } from "../schema/tables.ts";
import { Statement } from "../statement.ts";

/** The log of removals, newest first. */
export async function listRemovals(connection: Connection, tables: Tables): Promise<Removal[]> {
  const statement = new Statement();
  const text = `select at_ms, run, id, gone, rule, reason, title, message_count from ${tables.removals}
    where tenant = ${statement.param(tables.tenant, "text")} order by at_ms desc, run, id, gone`;
  const rows = await connection.read("read the removals", (attempt) =>
    attempt.send({ text, params: statement.params }),
  );
  return rows.map((row) => ({
    id: textOf(row, "id") as SessionId,
    removedAt: timeOf(row, "at_ms"),
    to: row["gone"] === true ? "gone" : "trash",
    title: headPart(row, ["title"]).title,
    messageCount: numberOf(row, "message_count"),
    run: textOf(row, "run"),
    rule: textOf(row, "rule"),
    reason: textOf(row, "reason"),
  }));
}
