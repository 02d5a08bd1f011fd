import { HEAD_FIELDS } from "../../../session/head.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { Repair } from "../../contract.ts";
import { assigned, namesOf, valuesOf, type Column } from "../columns.ts";
import type { Connection } from "../connection/connection.ts";
import { numberOf } from "../row.ts";
import { assignments } from "../schema/head-columns.ts";
import { THIS_TRANSACTION, type Tables } from "../schema/tables.ts";
import { Statement, type Sql } from "../statement.ts";
import { FLUSH } from "../write/flush.ts";
import type { Replayed } from "./replay.ts";
import { examineSession, type Examined } from "./verify.ts";

/**
 * Makes anew what follows from a session's commits. Where these or the messages are damaged, nothing is done: what
 * should follow from them, only a backup knows.
 * @throws {SessionNotFoundError}
 */
export async function repairSession(connection: Connection, tables: Tables, id: SessionId): Promise<Repair> {
  for (;;) {
    const examined = await examineSession(connection, tables, id);
    const { verification, replayed } = examined;
    if (verification.state === "damaged" || replayed === undefined)
      return { id, actions: [], lostRevisions: undefined };
    if (verification.state === "ok") return { id, actions: [], lostRevisions: 0 };
    const rows = await connection.write(
      `repair session ${id}`,
      (attempt) => attempt.send(repairStatement(tables, id, examined, replayed)),
      id,
    );
    const [row] = rows;
    // A commit came in between.
    if (row === undefined) continue;
    const actions = [
      "What listings, searches and the next commit go by was made anew from the session's commits.",
    ];
    if (numberOf(row, "words") > 0) actions.push("Its words are indexed again by the next search.");
    return { id, actions, lostRevisions: 0 };
  }
}

/** Only while the session is in the state in which it was examined. */
function repairStatement(
  tables: Tables,
  id: SessionId,
  { life, tag, begins, updatedMs }: Examined,
  made: Replayed,
): Sql {
  const statement = new Statement();
  const tenant = statement.param(tables.tenant, "text");
  const key = statement.param(id, "uuid");
  const lives = statement.param(life, "uuid");
  const number = (value: number): string => statement.param(value, "bigint");
  const columns = (table: "sessions" | "heads"): Column[] =>
    assignments(table, HEAD_FIELDS, (value, type) => statement.param(value(made.head), type));
  const session: Column[] = [
    ["revision", number(made.revision)],
    ["tag", statement.param(made.tag, "uuid")],
    ["updated_ms", number(updatedMs)],
    ["next_slot", number(made.nextSlot)],
    ["next_item", number(made.nextItem)],
    ["runs", `string_to_array(${statement.param(made.runs.join(","), "text")}, ',')::bigint[]`],
    ["message_count", number(made.messageCount)],
    ["bytes", number(made.bytes)],
    ["token_count", number(made.head.tokenCount)],
    ["preview", statement.param(made.preview?.text ?? null, "text")],
    ["preview_position", statement.param(made.preview?.position ?? null, "bigint")],
    ...columns("sessions"),
  ];
  const head: Column[] = [["id", key], ...columns("heads")];
  const anew = head.map(([name]): Column => [name, `excluded.${name}`]);
  const text = `with moved as (
      update ${tables.sessions} set ${assigned(session)}
      where tenant = ${tenant} and id = ${key} and removed_ms = 0 and life = ${lives}
        and tag = ${statement.param(tag, "uuid")} and begins = ${number(begins)} returning id, life, updated_ms
    ), headed as (
      insert into ${tables.heads} (tenant, life, ${namesOf(head)})
      select ${tenant}, life, ${valuesOf(head)} from moved
      on conflict (tenant, life) do update set ${assigned(anew)}
    ), active as (
      insert into ${tables.activity} as a (tenant, id, life, listed, updated_ms, changed_by)
      select ${tenant}, id, life, true, updated_ms, ${THIS_TRANSACTION} from moved
      on conflict (tenant, id, life) do update
        set listed = true, updated_ms = excluded.updated_ms, changed_by = excluded.changed_by
    ), unindexed as (
      select life from moved where exists (
        select from ${tables.indexed} i where i.tenant = ${tenant} and i.life = ${lives} and (
          i.past > ${number(made.nextSlot)} or (
            select count(*) from ${tables.messages} where tenant = ${tenant} and life = ${lives} and slot < i.past
          ) > (
            select count(*) from ${tables.words} where tenant = ${tenant} and life = ${lives} and slot < i.past
          )
        )
      )
    ), words as (
      delete from ${tables.words} w using unindexed u where w.tenant = ${tenant} and w.life = u.life returning 1
    ), indexed as (
      delete from ${tables.indexed} i using unindexed u where i.tenant = ${tenant} and i.life = u.life
    ) select id, (select count(*) from unindexed) as words, ${FLUSH.disk} from moved`;
  return { text, params: statement.params };
}
