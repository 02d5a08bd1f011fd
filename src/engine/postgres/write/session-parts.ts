import { assigned, namesOf, valuesOf, type Column } from "../columns.ts";
import { NOW, THIS_TRANSACTION } from "../schema/tables.ts";
import type { CommitTemplate, Part } from "./commit-template.ts";

/** What `moved` tells the other parts, and the caller. */
const RETURNED = "id, life, revision, updated_ms, next_slot, next_item, message_count, token_count";

/** The rows of a new session: `moved`, and what belongs to it. */
export function createdParts(statement: CommitTemplate): Part[] {
  const { hasTime, inserts } = statement.shape;
  const session: Column[] = [
    ["tenant", statement.tenant],
    ["id", statement.id],
    // Random, and never another session's.
    ["life", statement.tag],
    ["revision", "1"],
    ["tag", statement.tag],
    ["updated_ms", hasTime ? statement.time() : NOW],
    ["next_slot", statement.inserted],
    ["next_item", statement.items],
    ["runs", inserts ? `array[0, ${statement.inserted}]` : "array[]::bigint[]"],
    ["message_count", statement.inserted],
    ["bytes", statement.bytes],
    [
      "token_count",
      statement.draftParam(({ commit }) => (commit.set?.tokenCount ?? 0) + (commit.addTokens ?? 0), "bigint"),
    ],
    ["preview", statement.draftParam(({ preview }) => preview?.text ?? null, "text")],
    ["preview_position", statement.draftParam(({ preview }) => preview?.index ?? null, "bigint")],
    ...statement.assignments("sessions"),
  ];
  const heads: Column[] = [
    ["tenant", statement.tenant],
    ["life", "moved.life"],
    ["id", "moved.id"],
    ...statement.assignments("heads"),
  ];
  const activity: Column[] = [
    ["tenant", statement.tenant],
    ["id", "moved.id"],
    ["life", "moved.life"],
    ["listed", "true"],
    ...activityOf(statement),
  ];
  const { sessions, heads: table } = statement.tables;
  const where = statement.shape.isLeased ? `where ${IS_LEASED}` : "";
  return [
    ...leasedParts(statement),
    [
      "moved",
      `insert into ${sessions} (${namesOf(session)}) select ${valuesOf(session)} ${where}
        on conflict (tenant, id, removed_ms) do nothing
        returning ${RETURNED}`,
    ],
    ["headed", `insert into ${table} (${namesOf(heads)}) select ${valuesOf(heads)} from moved`],
    [
      "active",
      `insert into ${statement.tables.activity} (${namesOf(activity)}) select ${valuesOf(activity)} from moved`,
    ],
  ];
}

/** Moves the session's row on, as `moved`, and the others with it. */
export function advancedParts(statement: CommitTemplate): Part[] {
  const { hasTime, inserts, hasItems, isAtState } = statement.shape;
  const updates: Column[] = [
    ["revision", "s.revision + 1"],
    ["tag", statement.tag],
    ["updated_ms", `greatest(s.updated_ms, ${hasTime ? statement.time() : NOW})`],
    ...tokenCount(statement),
    ...statement.assignments("sessions"),
  ];
  if (inserts) {
    updates.push(
      ["next_slot", `s.next_slot + ${statement.inserted}`],
      ["bytes", `s.bytes + ${statement.bytes}`],
    );
  }
  if (hasItems) updates.push(["next_item", `s.next_item + ${statement.items}`]);
  if (isAtState) updates.push(...spliced(statement));
  else if (inserts) updates.push(...appended(statement));
  const { sessions, heads: table } = statement.tables;
  const parts: Part[] = [
    ...leasedParts(statement),
    [
      "moved",
      `update ${sessions} s set ${assigned(updates)} where ${conditions(statement).join(" and ")}
        returning ${RETURNED}`,
    ],
    [
      "active",
      `update ${statement.tables.activity} a set ${assigned(activityOf(statement))} from moved
        where a.tenant = ${statement.tenant} and a.id = ${statement.id} and a.life = moved.life`,
    ],
  ];
  const heads = statement.assignments("heads");
  if (heads.length > 0) {
    const where = `h.tenant = ${statement.tenant} and h.life = (select life from moved)`;
    parts.push(["headed", `update ${table} h set ${assigned(heads)} where ${where}`]);
  }
  return parts;
}

const IS_LEASED = "exists (select from leased)";

/**
 * The lease under which the commit is made, while it holds. Its row is locked: whoever takes the session over waits until
 * the commit is stored, or the commit waits and finds their lease.
 */
function leasedParts(statement: CommitTemplate): Part[] {
  if (!statement.shape.isLeased) return [];
  const token = statement.draftParam(({ commit }) => commit.lease ?? null, "text");
  const lease = `select 1 as held from ${statement.tables.leases}
    where tenant = ${statement.tenant} and id = ${statement.id} and token::text = ${token} and expires_ms > ${NOW}
    for share`;
  return [["leased", lease]];
}

/** Where the commit expects the session. */
function conditions(statement: CommitTemplate): string[] {
  const { isAtState, hasBase, hasBaseTag, hasStart, isLeased } = statement.shape;
  const found = [`s.tenant = ${statement.tenant}`, `s.id = ${statement.id}`, "s.removed_ms = 0"];
  if (isLeased) found.push(IS_LEASED);
  if (isAtState) {
    found.push(`s.revision = ${statement.stateParam(({ revision }) => revision, "bigint")}`);
    found.push(`s.tag::text = ${statement.stateParam(({ tag }) => tag, "text")}`);
    return found;
  }
  if (hasBase) {
    found.push(`s.revision = ${statement.draftParam(({ commit }) => commit.base ?? null, "bigint")}`);
  }
  if (hasBaseTag) {
    found.push(`s.tag::text = ${statement.draftParam(({ commit }) => commit.baseTag ?? null, "text")}`);
  }
  if (hasStart) {
    const start = statement.draftParam(({ commit }) => commit.splice?.[0] ?? null, "bigint");
    found.push(`s.message_count <= ${start}`);
  }
  return found;
}

/** What listings and watchers go by. */
function activityOf({ shape }: CommitTemplate): Column[] {
  return [
    ["updated_ms", "moved.updated_ms"],
    ["stored_ms", shape.hasTime ? NOW : "null"],
    ["changed_by", THIS_TRANSACTION],
  ];
}

function tokenCount(statement: CommitTemplate): Column[] {
  const { setsTokens, addsTokens } = statement.shape;
  if (!setsTokens && !addsTokens) return [];
  const before = setsTokens
    ? statement.draftParam(({ commit }) => commit.set?.tokenCount ?? null, "bigint")
    : "s.token_count";
  const added = (): string => statement.draftParam(({ commit }) => commit.addTokens ?? null, "bigint");
  return [["token_count", addsTokens ? `${before} + ${added()}` : before]];
}

/** The last stretch grows, or a new one begins behind it. */
function appended(statement: CommitTemplate): Column[] {
  const inserted = statement.inserted;
  const last = "s.runs[cardinality(s.runs)]";
  const updates: Column[] = [
    ["message_count", `s.message_count + ${inserted}`],
    [
      "runs",
      `case when ${last} = s.next_slot then s.runs[:cardinality(s.runs) - 1] || (s.next_slot + ${inserted})
        else s.runs || array[s.next_slot, s.next_slot + ${inserted}] end`,
    ],
  ];
  if (statement.shape.hasPreview) {
    const position = statement.draftParam(({ preview }) => preview?.index ?? null, "bigint");
    updates.push(["preview", statement.draftParam(({ preview }) => preview?.text ?? null, "text")]);
    updates.push(["preview_position", `s.message_count + ${position}`]);
  }
  return updates;
}

function spliced(statement: CommitTemplate): Column[] {
  const runs = statement.stateParam((state) => state.runs.join(","), "text");
  return [
    ["message_count", statement.stateParam(({ messageCount }) => messageCount, "bigint")],
    ["runs", `string_to_array(${runs}, ',')::bigint[]`],
    ["preview", statement.stateParam(({ preview }) => preview?.text ?? null, "text")],
    ["preview_position", statement.stateParam(({ preview }) => preview?.index ?? null, "bigint")],
  ];
}
