import type { Commit } from "../../session/commit.ts";
import { EMPTY_HEAD } from "../../session/head.ts";
import { jsonText } from "../../session/json.ts";
import type { Durability } from "../contract.ts";
import type { CommitDraft } from "./commit-draft.ts";
import type { Sql } from "./connection.ts";
import { assignments } from "./head-columns.ts";
import type { Runs } from "./runs.ts";
import { Statement } from "./statement.ts";
import { NOW, type Tables } from "./tables.ts";

/**
 * A commit is one statement, so one round trip and one transaction: it moves the session's row on if that is where the
 * commit expects it, and inserts the messages and the commit from the row that it moved. Where no row moved, nothing is
 * stored and no row comes back. A repeated operation breaks the unique key of `commits`, and nothing is stored either.
 */

/** A commit that creates its session. */
export function createStatement(tables: Tables, draft: CommitDraft, durability: Durability): Sql {
  const statement = new Statement();
  const shared = sharedParams(tables, draft, statement);
  const { tenant, inserted } = shared;
  const { set, commit } = draft;
  const head = { ...EMPTY_HEAD, ...set };
  const tokens = (commit.set?.tokenCount ?? 0) + (commit.addTokens ?? 0);
  const session: [string, string][] = [
    ["tenant", tenant],
    ["id", statement.param(draft.id, "uuid")],
    ["life", statement.param(draft.life, "uuid")],
    ["revision", "1"],
    ["tag", shared.tag],
    ["updated_ms", draft.at === undefined ? NOW : statement.param(draft.at, "bigint")],
    ["stored_ms", draft.at === undefined ? "null" : NOW],
    ["next_slot", inserted],
    ["next_item", String(draft.side.length)],
    ["runs", draft.inserted === 0 ? "array[]::bigint[]" : `array[0, ${inserted}]`],
    ["message_count", inserted],
    ["bytes", shared.bytes],
    ["token_count", statement.param(tokens, "bigint")],
    ["preview", statement.param(draft.preview?.text ?? null, "text")],
    ["preview_position", statement.param(draft.preview?.index ?? null, "bigint")],
    ...assignments("sessions", head, statement),
  ];
  const heads: [string, string][] = [
    ["tenant", tenant],
    ["life", "moved.life"],
    ["id", "moved.id"],
  ];
  heads.push(...assignments("heads", head, statement));
  const moved = `insert into ${tables.sessions} (${names(session)}) values (${values(session)})
    on conflict (tenant, id, removed_ms) do nothing
    returning ${RETURNED}`;
  const headed = `insert into ${tables.heads} (${names(heads)}) select ${values(heads)} from moved`;
  return finished(tables, draft, durability, statement, shared, "0::bigint", "0::bigint", [
    ["moved", moved],
    ["headed", headed],
  ]);
}

/** What a splice that is no append needs to know of the session: the commit is refused if it is no longer so. */
export interface SpliceState {
  readonly revision: number;
  readonly tag: string;
  readonly start: number;
  readonly deleteCount: number;
  readonly messageCount: number;
  readonly runs: Runs;
  readonly preview: CommitDraft["preview"];
}

/**
 * A commit on a session that exists: an append, on the commit's base or on whatever is current; with `state`, any
 * splice, on exactly that state.
 */
export function advanceStatement(
  tables: Tables,
  draft: CommitDraft,
  durability: Durability,
  state?: SpliceState,
): Sql {
  const statement = new Statement();
  const shared = sharedParams(tables, draft, statement);
  const { tenant, inserted } = shared;
  const { set, commit } = draft;
  const conditions = [
    `s.tenant = ${tenant}`,
    `s.id = ${statement.param(draft.id, "uuid")}`,
    "s.removed_ms = 0",
  ];
  const base = state?.revision ?? commit.base;
  const tag = state?.tag ?? commit.baseTag;
  if (base !== undefined) conditions.push(`s.revision = ${statement.param(base, "bigint")}`);
  if (tag !== undefined) conditions.push(`s.tag::text = ${statement.param(tag, "text")}`);
  const start = commit.splice?.[0];
  if (state === undefined && typeof start === "number") {
    conditions.push(`s.message_count <= ${statement.param(start, "bigint")}`);
  }
  const updates: [string, string][] = [
    ["revision", "s.revision + 1"],
    ["tag", shared.tag],
    [
      "updated_ms",
      draft.at === undefined ? `greatest(s.updated_ms, ${NOW})` : statement.param(draft.at, "bigint"),
    ],
    ["stored_ms", draft.at === undefined ? "null" : NOW],
    ...tokenCount(commit, statement),
    ...assignments("sessions", set, statement),
    ...(draft.inserted === 0
      ? []
      : ([
          ["next_slot", `s.next_slot + ${inserted}`],
          ["bytes", `s.bytes + ${shared.bytes}`],
        ] as [string, string][])),
    ...(draft.side.length === 0
      ? []
      : ([["next_item", `s.next_item + ${draft.side.length}`]] as [string, string][])),
    ...(state === undefined ? appended(draft, statement, inserted) : spliced(state, statement)),
  ];
  const moved = `update ${tables.sessions} s set ${updates.map(([name, value]) => `${name} = ${value}`).join(", ")}
    where ${conditions.join(" and ")}
    returning ${RETURNED}`;
  const heads = assignments("heads", set, statement).map(([name, value]) => `${name} = ${value}`);
  const parts: [string, string][] = [["moved", moved]];
  if (heads.length > 0) {
    const where = `h.tenant = ${tenant} and h.life = moved.life`;
    parts.push(["headed", `update ${tables.heads} h set ${heads.join(", ")} from moved where ${where}`]);
  }
  const [startIs, deleteCount] =
    state === undefined
      ? [`moved.message_count - ${inserted}`, "0::bigint"]
      : [statement.param(state.start, "bigint"), statement.param(state.deleteCount, "bigint")];
  return finished(tables, draft, durability, statement, shared, startIs, deleteCount, parts);
}

/** Params that stand in several places. */
interface SharedParams {
  readonly tenant: string;
  readonly inserted: string;
  readonly tag: string;
  readonly bytes: string;
}

function sharedParams({ tenant }: Tables, draft: CommitDraft, statement: Statement): SharedParams {
  return {
    tenant: statement.param(tenant, "text"),
    inserted: statement.param(draft.inserted, "bigint"),
    tag: statement.param(draft.tag, "uuid"),
    bytes: statement.param(draft.bytes, "bigint"),
  };
}

function tokenCount({ set, addTokens }: Commit, statement: Statement): [string, string][] {
  const tokens = set?.tokenCount;
  if (tokens === undefined && addTokens === undefined) return [];
  const before = tokens === undefined ? "s.token_count" : statement.param(tokens, "bigint");
  return [
    ["token_count", addTokens === undefined ? before : `${before} + ${statement.param(addTokens, "bigint")}`],
  ];
}

const RETURNED = "id, life, revision, updated_ms, next_slot, next_item, message_count, token_count";

/** The last stretch grows, or a new one begins behind it. */
function appended(draft: CommitDraft, statement: Statement, inserted: string): [string, string][] {
  if (draft.inserted === 0) return [];
  const last = "s.runs[cardinality(s.runs)]";
  const updates: [string, string][] = [
    ["message_count", `s.message_count + ${inserted}`],
    [
      "runs",
      `case when ${last} = s.next_slot then s.runs[:cardinality(s.runs) - 1] || (s.next_slot + ${inserted})
        else s.runs || array[s.next_slot, s.next_slot + ${inserted}] end`,
    ],
  ];
  if (draft.preview !== undefined) {
    updates.push(["preview", statement.param(draft.preview.text, "text")]);
    updates.push(["preview_position", `s.message_count + ${statement.param(draft.preview.index, "bigint")}`]);
  }
  return updates;
}

function spliced({ messageCount, runs, preview }: SpliceState, statement: Statement): [string, string][] {
  return [
    ["message_count", statement.param(messageCount, "bigint")],
    ["runs", `string_to_array(${statement.param(runs.join(","), "text")}, ',')::bigint[]`],
    ["preview", statement.param(preview?.text ?? null, "text")],
    ["preview_position", statement.param(preview?.index ?? null, "bigint")],
  ];
}

/** Adds the commit and its messages, and what is asked back. */
function finished(
  tables: Tables,
  draft: CommitDraft,
  durability: Durability,
  statement: Statement,
  { tenant, inserted, tag, bytes }: SharedParams,
  start: string,
  deleteCount: string,
  parts: [string, string][],
): Sql {
  const hasSplice = draft.commit.splice !== undefined;
  // What most commits do not have is no param: each is work for the client and the server.
  const given = (value: string | null): string => (value === null ? "null" : statement.param(value, "text"));
  const commit: [string, string][] = [
    ["tenant", tenant],
    ["life", "moved.life"],
    ["revision", "moved.revision"],
    ["tag", tag],
    ["at_ms", "moved.updated_ms"],
    ["operation", draft.operation === draft.tag ? tag : statement.param(draft.operation, "uuid")],
    ["operation_id", given(draft.operationId)],
    ["fingerprint", given(draft.fingerprint)],
    ["start", hasSplice ? start : "null::bigint"],
    ["delete_count", hasSplice ? deleteCount : "null::bigint"],
    ["first_slot", hasSplice ? `moved.next_slot - ${inserted}` : "null::bigint"],
    ["inserted", inserted],
    ["checksum", statement.param(draft.checksum, "bigint")],
    ["bytes", bytes],
    ["changes", given(draft.changes)],
    ["sets_tokens", draft.setsTokens ? "true" : "false"],
    ["token_count", "moved.token_count"],
    ["message_count", "moved.message_count"],
  ];
  if (draft.side.length > 0) {
    const { length } = draft.side;
    commit.push(["first_item", `moved.next_item - ${length}`], ["items", String(length)]);
    const lists = linesParam(
      statement,
      draft.side.map(([list]) => jsonText(list)),
    );
    const items = linesParam(
      statement,
      draft.side.map(([, item]) => jsonText(item)),
    );
    parts.push([
      "listed",
      `insert into ${tables.sideItems} (tenant, life, number, list, body)
        select ${tenant}, moved.life, moved.next_item - ${length} + line.number - 1, line.list, line.body
        from moved, unnest(${lists}, ${items}) with ordinality as line(list, body, number)`,
    ]);
  }
  parts.push([
    "noted",
    `insert into ${tables.commits} (${names(commit)}) select ${values(commit)} from moved`,
  ]);
  if (draft.inserted > 0) {
    const bodies = `string_to_array(${statement.param(draft.bodies, "text")}, E'\\n')`;
    parts.push([
      "added",
      `insert into ${tables.messages} (tenant, life, slot, body)
        select ${tenant}, moved.life, moved.next_slot - ${inserted} + line.number - 1, line.body
        from moved, unnest(${bodies}) with ordinality as line(body, number)`,
    ]);
  }
  const text = `with ${parts.map(([name, part]) => `${name} as (${part})`).join(",\n")}
    select revision, updated_ms, message_count, ${FLUSH[durability]} from moved`;
  return { text, params: statement.params };
}

/** Holds for this statement's transaction only. A server that is set to lose commits is overruled. */
const FLUSH: Readonly<Record<Durability, string>> = {
  disk: `case when current_setting('synchronous_commit') = 'off' then set_config('synchronous_commit', 'on', true) end`,
  process: `set_config('synchronous_commit', 'off', true)`,
};

/** Texts without line breaks, as an array. */
function linesParam(statement: Statement, lines: readonly string[]): string {
  return `string_to_array(${statement.param(lines.join("\n"), "text")}, E'\\n')`;
}

function names(columns: [string, string][]): string {
  return columns.map(([name]) => name).join(", ");
}

function values(columns: [string, string][]): string {
  return columns.map(([, value]) => value).join(", ");
}
