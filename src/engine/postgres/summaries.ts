import type { SessionId } from "../../session/session-id.ts";
import { CorruptSessionError, InvalidArgumentError } from "../../session/errors.ts";
import { jsonText } from "../../session/json.ts";
import { PREVIEWED, type SessionSummary } from "../../session/summary.ts";
import type { ListPage, ListQuery, Unreadable } from "../contract.ts";
import { filterOf, instant, orderOf, positionOf, readCursor, writeCursor } from "../list-query.ts";
import type { Row } from "./client.ts";
import type { Attempt } from "./connection/connection.ts";
import { foldedTitle, headPart, tagKey } from "./head-columns.ts";
import { numberOf, textOf, textOrNullOf, timeOf } from "./row.ts";
import { Statement, type Sql } from "./statement.ts";
import type { Tables } from "./tables.ts";

const LISTED = [
  "title",
  "tags",
  "userId",
  "createdAt",
  "tokenCount",
  "workspacePath",
  "workspaceId",
  "parentId",
  "model",
] as const;

const COLUMNS = `s.id, s.revision, s.updated_ms, s.message_count, s.bytes, s.token_count, s.preview, s.preview_position,
  h.title, h.tags, h.user_id, h.created_at, h.created_ms, h.workspace_path, h.workspace_id, h.parent_id, h.model`;

/** One session's summary, or `undefined`. @throws {CorruptSessionError} */
export async function readSummary(
  attempt: Attempt,
  tables: Tables,
  id: SessionId,
): Promise<SessionSummary | undefined> {
  const statement = new Statement();
  const text = `select ${COLUMNS}
    from ${tables.sessions} s join ${tables.heads} h on h.tenant = s.tenant and h.life = s.life
    where s.tenant = ${statement.param(tables.tenant, "text")} and s.id = ${statement.param(id, "uuid")}
      and s.removed_ms = 0`;
  const [row] = await attempt.send({ text, params: statement.params });
  return row && summaryOf(row);
}

/**
 * A page of summaries. The database narrows and orders; what it cannot compare exactly (a title's part, say) is
 * checked here, and the next rows are fetched if that leaves a page short.
 */
export async function listSessions(attempt: Attempt, tables: Tables, query: ListQuery): Promise<ListPage> {
  const { limit } = query;
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 1)) {
    throw new InvalidArgumentError(`limit must be a whole number from 1 up, not ${String(limit)}.`);
  }
  const order = orderOf(query);
  const matches = filterOf(query);
  const sessions: SessionSummary[] = [];
  const unreadable: Unreadable[] = [];
  let after = query.cursor === undefined ? undefined : readCursor(query.cursor, order);
  for (;;) {
    // One more than the page holds tells whether there is another page.
    const wanted = limit === undefined ? undefined : limit + 1 - sessions.length;
    const rows = await attempt.send(pageStatement(tables, query, after, wanted));
    for (const row of rows) {
      after = {
        time: numberOf(row, order === "updated" ? "updated_ms" : "created_ms"),
        id: textOf(row, "id"),
      };
      const summary = summaryOrUnreadable(tables, row);
      if ("error" in summary) unreadable.push(summary);
      else if (matches(summary)) sessions.push(summary);
    }
    if (wanted === undefined || rows.length < wanted) return { sessions, unreadable, nextCursor: undefined };
    if (limit !== undefined && sessions.length > limit) {
      sessions.length = limit;
      const last = sessions.at(-1);
      return { sessions, unreadable, nextCursor: last && writeCursor(order, positionOf(last, order)) };
    }
  }
}

function pageStatement(
  tables: Tables,
  query: ListQuery,
  after: { time: number; id: string } | undefined,
  limit: number | undefined,
): Sql {
  const statement = new Statement();
  const tenant = statement.param(tables.tenant, "text");
  const [column, id] = query.order === "created" ? ["h.created_ms", "h.id"] : ["s.updated_ms", "s.id"];
  const conditions = filters(query, statement);
  if (after !== undefined) {
    const time = statement.param(after.time, "bigint");
    conditions.push(`${column} <= ${time}`);
    conditions.push(`(${column} < ${time} or ${id} > ${statement.param(after.id, "uuid")})`);
  }
  const text = `select ${COLUMNS} from ${beginsAtHeads(query) ? fromHeads(tables, tenant) : fromSessions(tables, tenant)}
    ${conditions.map((condition) => `and ${condition}`).join(" ")}
    order by ${column} desc, ${id}${limit === undefined ? "" : ` limit ${statement.param(limit, "bigint")}`}`;
  return { text, params: statement.params };
}

/** Whether the index that helps is one of `heads`; the other table's row is looked up by its key. */
function beginsAtHeads({ order, workspace, user, tag }: ListQuery): boolean {
  return order === "created" || workspace !== undefined || user !== undefined || tag !== undefined;
}

// `limit 1` keeps the planner from joining whole tables, which it is tempted to as it cannot know that the keys belong
// together.

function fromSessions({ sessions, heads }: Tables, tenant: string): string {
  return `${sessions} s cross join lateral (
      select * from ${heads} h where h.tenant = ${tenant} and h.life = s.life limit 1
    ) h where s.tenant = ${tenant} and s.removed_ms = 0 and not s.purged`;
}

function fromHeads({ sessions, heads }: Tables, tenant: string): string {
  return `${heads} h cross join lateral (
      select * from ${sessions} s
      where s.tenant = ${tenant} and s.id = h.id and s.removed_ms = 0 and s.life = h.life limit 1
    ) s where h.tenant = ${tenant}`;
}

/** Conditions that let through at least what the query asks for. */
function filters(query: ListQuery, statement: Statement): string[] {
  const { workspace, user, model, tag, since, until, titleMatches, includeSubagents = true } = query;
  const found: string[] = [];
  const json = (value: string): string => statement.param(jsonText(value), "text");
  if (since !== undefined)
    found.push(`s.updated_ms >= ${statement.param(instant(since, "since", 0), "bigint")}`);
  if (until !== undefined)
    found.push(`s.updated_ms < ${statement.param(instant(until, "until", 0), "bigint")}`);
  if (!includeSubagents) found.push("h.parent_id = 'null'");
  if (user !== undefined) found.push(`h.user_id = ${json(user)}`);
  if (model !== undefined) found.push(`h.model = ${json(model)}`);
  if (tag !== undefined) found.push(`h.tag_keys @> array[${statement.param(tagKey(tag), "text")}]`);
  if (titleMatches?.isWellFormed() === true) {
    found.push(`position(${statement.param(foldedTitle(titleMatches), "text")} in h.title_folded) > 0`);
  }
  if (workspace !== undefined) {
    const places: string[] = [];
    if (workspace.path !== undefined) places.push(indexed("h.workspace_path", json(workspace.path)));
    if (workspace.id !== undefined) places.push(indexed("h.workspace_id", json(workspace.id)));
    found.push(`(${places.join(" or ")})`);
  }
  return found;
}

/** Equality by an index of the text's beginning, as an index cannot hold a long one. */
export function indexed(column: string, value: string): string {
  return `(left(${column}, 200) = left(${value}, 200) and ${column} = ${value})`;
}

function summaryOrUnreadable(tables: Tables, row: Row): SessionSummary | Unreadable {
  try {
    return summaryOf(row);
  } catch (error) {
    if (!(error instanceof CorruptSessionError)) throw error;
    return {
      id: textOf(row, "id") as SessionId,
      where: `${tables.schema}.sessions ${textOf(row, "id")}`,
      error,
    };
  }
}

function summaryOf(row: Row): SessionSummary {
  const id = textOf(row, "id") as SessionId;
  try {
    const messageCount = numberOf(row, "message_count");
    return {
      id,
      ...headPart(row, LISTED),
      updatedAt: timeOf(row, "updated_ms"),
      revision: numberOf(row, "revision"),
      messageCount,
      bytes: numberOf(row, "bytes"),
      lastMessagePreview: previewFrom(row, messageCount),
    };
  } catch (error) {
    throw new CorruptSessionError(id, (error as Error).message, { cause: error });
  }
}

/** The stored preview, unless its message stands too far from the end by now. */
function previewFrom(row: Row, messageCount: number): string | null {
  const text = textOrNullOf(row, "preview");
  if (text === null || numberOf(row, "preview_position") < messageCount - PREVIEWED) return null;
  return JSON.parse(text) as string;
}
