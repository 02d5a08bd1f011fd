import { jsonText, parseJson, type Json } from "../../../../session/json/json.ts";
import type { SessionId } from "../../../../session/session-id.ts";
import type { SessionEdit } from "../../../session-edit.ts";
import type { Row } from "../../client.ts";
import type { Connection } from "../../connection/connection.ts";
import { textOf } from "../../row.ts";
import type { Tables } from "../../schema/tables.ts";
import { Statement, type Sql } from "../../statement.ts";
import { FLUSH } from "../flush.ts";

/** A session's entries in the log of removals, through an edit. @returns whether one changed. */
export async function rewriteLog(
  connection: Connection,
  tables: Tables,
  id: SessionId,
  edit: SessionEdit,
  dryRun: boolean,
): Promise<boolean> {
  const statement = new Statement();
  const text = `select distinct title, rule, reason from ${tables.removals}
    where tenant = ${statement.param(tables.tenant, "text")} and id = ${statement.param(id, "uuid")}`;
  const rows = await connection.read(`rewrite session ${id}`, (attempt) =>
    attempt.send({ text, params: statement.params }),
  );
  edit.at({ kind: "log" });
  let isChanged = false;
  for (const row of rows) {
    const sql = edited(tables, id, row, edit);
    if (sql === undefined) continue;
    isChanged = true;
    if (!dryRun) await connection.write(`rewrite session ${id}`, (attempt) => attempt.send(sql), id);
  }
  return isChanged;
}

function edited(tables: Tables, id: SessionId, row: Row, edit: SessionEdit): Sql | undefined {
  const [title, rule, reason] = [textOf(row, "title"), textOf(row, "rule"), textOf(row, "reason")];
  const name: Json = parseJson(title);
  const after = [
    typeof name === "string" ? jsonText(edit.text(name)) : title,
    edit.text(rule),
    edit.text(reason),
  ] as const;
  if (after[0] === title && after[1] === rule && after[2] === reason) return undefined;
  const statement = new Statement();
  const param = (value: string): string => statement.param(value, "text");
  const sql = `with moved as (
      update ${tables.removals} set title = ${param(after[0])}, rule = ${param(after[1])}, reason = ${param(after[2])}
      where tenant = ${param(tables.tenant)} and id = ${statement.param(id, "uuid")} and title = ${param(title)}
        and rule = ${param(rule)} and reason = ${param(reason)} returning id
    ) select id, ${FLUSH.disk} from moved`;
  return { text: sql, params: statement.params };
}
