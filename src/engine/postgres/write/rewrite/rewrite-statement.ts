import { HEAD_FIELDS } from "../../../../session/head.ts";
import type { SessionId } from "../../../../session/session-id.ts";
import { assigned, type Column } from "../../columns.ts";
import { sealOf } from "../../schema/commit-seal.ts";
import { assignments } from "../../schema/head-columns.ts";
import { NOW, THIS_TRANSACTION, type Tables } from "../../schema/tables.ts";
import { Statement, type Sql } from "../../statement.ts";
import type { EditedLife } from "./edited-life.ts";
import { FLUSH } from "../flush.ts";
import { indexEdit } from "./index-edit.ts";

/**
 * Stores an edited life under another tag, while it is in the state in which it was read and nobody else holds it. Its
 * words are taken out of the search index; the next search puts those in that it has now.
 */
export function rewriteStatement(
  tables: Tables,
  id: SessionId,
  edited: EditedLife,
  tag: string,
  lease: string | undefined,
): Sql {
  const statement = new Statement();
  const tenant = statement.param(tables.tenant, "text");
  const key = statement.param(id, "uuid");
  const life = statement.param(edited.life, "uuid");
  const anew = statement.param(tag, "uuid");
  const last = statement.param(edited.revision, "bigint");
  const columns = (table: "sessions" | "heads"): Column[] =>
    assignments(table, HEAD_FIELDS, (value, type) => statement.param(value(edited.head), type));
  const session: Column[] = [
    ["tag", anew],
    ["bytes", statement.param(edited.bytes, "bigint")],
    ...columns("sessions"),
  ];
  if (edited.preview !== undefined) session.push(["preview", statement.param(edited.preview, "text")]);
  const numbers = (all: Iterable<number>): string =>
    `string_to_array(${statement.param([...all].join(","), "text")}, ',')::bigint[]`;
  // JSON has no line breaks of its own, and none is empty.
  const texts = (all: Iterable<string | null>): string =>
    `string_to_array(${statement.param([...all].map((one) => one ?? "").join("\n"), "text")}, E'\\n', '')`;
  const { messages, items, commits } = edited;
  const values: { readonly [column: string]: string } = {
    tag: `case when c.revision = ${last} then ${anew} else c.tag end`,
    checksum: "n.checksum",
    bytes: "n.bytes",
    changes: "n.changes",
    operation_id: "n.operation_id",
  };
  const tagged: { readonly [column: string]: string } = { tag: anew };
  const others = lease === undefined ? "" : `and token <> ${statement.param(lease, "uuid")}`;
  const sealed = (given: typeof values): Column[] => [
    ...Object.entries(given),
    [
      "seal",
      `case when c.seal is null then null else ${sealOf((column) => given[column] ?? `c.${column}`)} end`,
    ],
  ];
  const of = `tenant = ${tenant} and life = ${life} and exists (select from moved)`;
  const lists = [...items.values()];
  const text = `with edit as (
      ${indexEdit(tables, statement, edited.life, edited.index, true)}
    ), moved as (
      update ${tables.sessions} set ${assigned(session)}
      where tenant = ${tenant} and id = ${key} and life = ${life} and not purged
        and tag = ${statement.param(edited.tag, "uuid")} and begins = ${statement.param(edited.begins, "bigint")}
        and removed_ms = ${statement.param(edited.removedMs, "bigint")} and exists (select from edit)
        and not exists (
          select from ${tables.leases} where tenant = ${tenant} and id = ${key} and expires_ms > ${NOW} ${others}
        )
      returning id, life
    ), headed as (
      update ${tables.heads} set ${assigned(columns("heads"))} where ${of}
    ), messages as (
      update ${tables.messages} t set body = n.body
      from unnest(${numbers(messages.keys())}, ${texts(messages.values())}) as n(slot, body)
      where t.slot = n.slot and ${of}
    ), items as (
      update ${tables.sideItems} t set list = n.list, body = n.body
      from unnest(${numbers(items.keys())}, ${texts(lists.map(([list]) => list))},
        ${texts(lists.map(([, body]) => body))}) as n(number, list, body)
      where t.number = n.number and ${of}
    ), commits as (
      update ${tables.commits} c set ${assigned(sealed(values))}
      from unnest(${numbers(commits.map(({ revision }) => revision))},
        ${numbers(commits.map(({ checksum }) => checksum))}, ${numbers(commits.map(({ bytes }) => bytes))},
        ${texts(commits.map(({ changes }) => changes))}, ${texts(commits.map(({ operationId }) => operationId))}
      ) as n(revision, checksum, bytes, changes, operation_id)
      where c.revision = n.revision and ${of}
    ), tagged as (
      update ${tables.commits} c set ${assigned(sealed(tagged))}
      where c.revision = ${last} and ${of}
        and not c.revision = any(${numbers(commits.map(({ revision }) => revision))})
    ), words as (
      delete from ${tables.words} where ${of}
    ), active as (
      update ${tables.activity} a set changed_by = ${THIS_TRANSACTION}
      from moved where a.tenant = ${tenant} and a.id = moved.id and a.life = moved.life
    ) select id, ${FLUSH.disk} from moved`;
  return { text, params: statement.params };
}
