import type { SessionId } from "../../../session/session-id.ts";
import type { TrashedSession } from "../../contract.ts";
import type { Connection } from "../connection/connection.ts";
import { numberOf, textOf, timeOf } from "../row.ts";
import { headPart } from "../schema/head-columns.ts";
import type { Tables } from "../schema/tables.ts";
import { Statement } from "../statement.ts";

/** Sessions that one statement fetches. */
const PAGE = 1000;

/** Last removed first. */
export async function listTrash(connection: Connection, tables: Tables): Promise<TrashedSession[]> {
  const found: TrashedSession[] = [];
  let after: { readonly removed: number; readonly id: string } | undefined;
  for (;;) {
    const statement = new Statement();
    const tenant = statement.param(tables.tenant, "text");
    const removed = after && statement.param(after.removed, "bigint");
    const behind =
      after === undefined
        ? ""
        : `and s.removed_ms <= ${removed} and (s.removed_ms < ${removed} or s.id > ${statement.param(after.id, "uuid")})`;
    const text = `select s.id, s.removed_ms, s.message_count, s.bytes, h.title, h.parent_id
      from ${tables.sessions} s cross join lateral (
        select title, parent_id from ${tables.heads} where tenant = ${tenant} and life = s.life limit 1
      ) h
      where s.tenant = ${tenant} and s.removed_ms <> 0 and not s.purged ${behind}
      order by s.removed_ms desc, s.id limit ${PAGE}`;
    const rows = await connection.read("list the trash", (attempt) =>
      attempt.send({ text, params: statement.params }),
    );
    for (const row of rows) {
      after = { removed: numberOf(row, "removed_ms"), id: textOf(row, "id") };
      found.push({
        id: after.id as SessionId,
        removedAt: timeOf(row, "removed_ms"),
        messageCount: numberOf(row, "message_count"),
        bytes: numberOf(row, "bytes"),
        ...headPart(row, ["title", "parentId"]),
      });
    }
    if (rows.length < PAGE) return found;
  }
}
