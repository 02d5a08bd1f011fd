import { toStoredChanges } from "../../../../session/head.ts";
import { jsonText } from "../../../../session/json/json.ts";
import type { SessionId } from "../../../../session/session-id.ts";
import { assigned, type Column } from "../../columns.ts";
import { gapsOf, lengthOfRuns } from "../../read/runs.ts";
import { sealOf, type Sealed } from "../../schema/commit-seal.ts";
import { NOW, type Tables } from "../../schema/tables.ts";
import { Statement, type Sql } from "../../statement.ts";
import { FLUSH } from "../flush.ts";
import { indexEdit } from "./index-edit.ts";
import type { Restated } from "./shorten.ts";

/**
 * Has a session's history begin with a revision that holds it whole, while it is in the state in which it was read and
 * nobody else holds it. What it holds now, and its tag, stay. The first one to lock the session's row: a commit goes before
 * it or waits for it.
 */
export function shortenStatement(
  tables: Tables,
  id: SessionId,
  restated: Restated,
  lease: string | undefined,
): Sql {
  const { head, runs, items, nextSlot } = restated;
  const statement = new Statement();
  const number = (value: number): string => statement.param(value, "bigint");
  const numbers = (all: readonly number[]): string =>
    `string_to_array(${statement.param(all.join(","), "text")}, ',')::bigint[]`;
  const tenant = statement.param(tables.tenant, "text");
  const key = statement.param(id, "uuid");
  const life = statement.param(restated.life, "uuid");
  const begins = number(restated.revision);
  const others = lease === undefined ? "" : `and token <> ${statement.param(lease, "uuid")}`;
  const count = lengthOfRuns(runs);
  const { tokenCount: _, ...fields } = head;
  const values: Partial<Record<Sealed, string>> = {
    start: "0::bigint",
    delete_count: "0::bigint",
    // With its number it says where the slots behind begin; its own are `runs`.
    first_slot: number(nextSlot - count),
    inserted: number(count),
    checksum: number(restated.checksum),
    bytes: number(restated.bytes),
    changes: statement.param(jsonText(toStoredChanges(fields)), "text"),
    sets_tokens: "true",
    first_item: items === 0 ? "null::bigint" : "0::bigint",
    items: items === 0 ? "null::bigint" : number(items),
  };
  const commit: Column[] = [
    ...Object.entries(values),
    ["runs", numbers(runs)],
    ["seal", sealOf((column) => values[column] ?? `c.${column}`)],
  ];
  const gaps = gapsOf(runs, nextSlot);
  const of = `t.tenant = ${tenant} and t.life = ${life} and exists (select from moved)`;
  const gone = `using unnest(${numbers(gaps.filter((_one, index) => index % 2 === 0))},
      ${numbers(gaps.filter((_one, index) => index % 2 === 1))}) as gap(first, past)
    where ${of} and t.slot >= gap.first and t.slot < gap.past`;
  const text = `with edit as (
      ${indexEdit(tables, statement, restated.life, restated.index, false)}
    ), moved as (
      update ${tables.sessions} set begins = ${begins}, bytes = bytes - ${number(restated.freed)}
      where tenant = ${tenant} and id = ${key} and life = ${life} and removed_ms = 0
        and tag = ${statement.param(restated.tag, "uuid")} and begins = ${number(restated.before)}
        and exists (select from edit)
        and not exists (
          select from ${tables.leases} where tenant = ${tenant} and id = ${key} and expires_ms > ${NOW} ${others}
        )
      returning id
    ), restated as (
      update ${tables.commits} c set ${assigned(commit)}
      where c.tenant = ${tenant} and c.life = ${life} and c.revision = ${begins} and exists (select from moved)
    ), commits as (
      delete from ${tables.commits} t where ${of} and t.revision < ${begins}
    ), messages as (
      delete from ${tables.messages} t ${gone}
    ), words as (
      delete from ${tables.words} t ${gone}
    ) select id, ${FLUSH.disk} from moved`;
  return { text, params: statement.params };
}
