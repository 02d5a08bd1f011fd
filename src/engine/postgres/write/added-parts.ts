import { jsonText } from "../../../session/json/json.ts";
import { namesOf, valuesOf, type Column } from "../columns.ts";
import { sealOf, type Sealed } from "../schema/commit-seal.ts";
import type { ParamValue } from "../statement.ts";
import type { CommitDraft } from "./commit-draft.ts";
import type { CommitTemplate, Part } from "./commit-template.ts";

/** The commit, its messages and its side items. */
export function addedParts(statement: CommitTemplate): Part[] {
  const { splices, inserts, hasItems, hasOperation, hasOperationId, hasChanges } = statement.shape;
  const { setsTokens, addsTokens } = statement.shape;
  // What most commits do not have is no param: each is work for the client and the server.
  const given = (isGiven: boolean, value: (draft: CommitDraft) => ParamValue): string =>
    isGiven ? statement.draftParam(value, "text") : "null";
  const [start, deleteCount] = splices ? place(statement) : ["null::bigint", "null::bigint"];
  const sealed: Record<Sealed, string> = {
    life: "moved.life",
    revision: "moved.revision",
    tag: statement.tag,
    at_ms: "moved.updated_ms",
    operation: hasOperation ? statement.draftParam(({ operation }) => operation, "uuid") : "null::uuid",
    operation_id: given(hasOperationId, ({ operationId }) => operationId),
    fingerprint: given(hasOperationId, ({ fingerprint }) => fingerprint),
    start,
    delete_count: deleteCount,
    first_slot: splices ? `moved.next_slot - ${statement.inserted}` : "null::bigint",
    inserted: statement.inserted,
    checksum: statement.draftParam(({ checksum }) => checksum, "bigint"),
    bytes: statement.bytes,
    changes: given(hasChanges, ({ changes }) => changes),
    sets_tokens: String(setsTokens || addsTokens),
    token_count: "moved.token_count",
    message_count: "moved.message_count",
    first_item: hasItems ? `moved.next_item - ${statement.items}` : "null::bigint",
    items: hasItems ? statement.items : "null::bigint",
  };
  const commit: Column[] = [
    ["tenant", statement.tenant],
    ...Object.entries(sealed),
    ["seal", sealOf((column) => sealed[column])],
  ];
  const parts: Part[] = [];
  if (hasItems) {
    const lists = statement.linesParam(({ side }) => side.map(([list]) => jsonText(list)).join("\n"));
    const items = statement.linesParam(({ side }) => side.map(([, item]) => jsonText(item)).join("\n"));
    parts.push([
      "listed",
      `insert into ${statement.tables.sideItems} (tenant, life, number, list, body)
        select ${statement.tenant}, moved.life, moved.next_item - ${statement.items} + line.number - 1, line.list, line.body
        from moved, unnest(${lists}, ${items}) with ordinality as line(list, body, number)`,
    ]);
  }
  parts.push([
    "noted",
    `insert into ${statement.tables.commits} (${namesOf(commit)}) select ${valuesOf(commit)} from moved`,
  ]);
  if (inserts) {
    parts.push([
      "added",
      `insert into ${statement.tables.messages} (tenant, life, slot, body)
        select ${statement.tenant}, moved.life, moved.next_slot - ${statement.inserted} + line.number - 1, line.body
        from moved, unnest(${statement.linesParam(({ bodies }) => bodies)}) with ordinality as line(body, number)`,
    ]);
  }
  return parts;
}

/** Where the splice begins, and how many messages it removes. */
function place(statement: CommitTemplate): [string, string] {
  const { creates, isAtState } = statement.shape;
  if (creates) return ["0::bigint", "0::bigint"];
  if (!isAtState) return [`moved.message_count - ${statement.inserted}`, "0::bigint"];
  return [
    statement.stateParam(({ start }) => start, "bigint"),
    statement.stateParam(({ deleteCount }) => deleteCount, "bigint"),
  ];
}
