import { checkArray, checkFlags, checkObject, checkTexts, shown } from "../session/json/arguments.ts";
import { InvalidArgumentError } from "../session/errors/errors.ts";
import { isArchived, isPinned } from "../session/summary/marks.ts";
import { isTime, timeMs } from "../session/time.ts";
import { isSessionId } from "../session/session-id.ts";
import { titleOf, type SessionSummary } from "../session/summary/summary.ts";
import type { ListPage, ListQuery, MessageRange, SideRange } from "./contract.ts";

/** What a listing goes by. */
export type Order = "updated" | "created";
type Filter = (summary: SessionSummary) => boolean;

/** Where a summary stands in an order: newest first, and by id among those of one millisecond. */
export interface Position {
  readonly time: number;
  readonly id: string;
}

/**
 * The page of `summaries` that the query asks for, filtered and ordered. A page begins behind the last session of the
 * page before, so that sessions which come, go or change in between neither repeat nor hide those that did not.
 * @throws {InvalidArgumentError} when the query makes no sense, or the cursor is not one of this order.
 */
export function pageOf(
  summaries: Iterable<SessionSummary>,
  query: ListQuery,
): Pick<ListPage, "sessions" | "nextCursor"> {
  const matches = filterOf(query);
  const { limit, cursor } = query;
  const order = orderOf(query);
  const after = cursor === undefined ? undefined : readCursor(cursor, order);
  const found: { summary: SessionSummary; position: Position }[] = [];
  for (const summary of summaries) {
    const position = positionOf(summary, order);
    if ((after === undefined || comparePositions(after, position) < 0) && matches(summary))
      found.push({ summary, position });
  }
  found.sort((left, right) => comparePositions(left.position, right.position));
  const page = limit === undefined ? found : found.slice(0, limit);
  const last = page.at(-1);
  return {
    sessions: page.map(({ summary }) => summary),
    nextCursor:
      last !== undefined && page.length < found.length ? writeCursor(order, last.position) : undefined,
  };
}

/**
 * The positions that a range covers of `count` messages: from `start` up to but not including `end`.
 * @throws {InvalidArgumentError} when a bound is negative or not whole.
 */
export function rangeOf(
  range: MessageRange,
  count: number,
): { start: number; end: number; reverse: boolean } {
  const from = bound(range.from, "from", 0);
  const to = bound(range.to, "to", count);
  const limit = bound(range.limit, "limit", count);
  const reverse = range.reverse ?? false;
  const end = Math.min(to, count);
  const start = Math.min(from, end);
  return reverse
    ? { start: Math.max(start, end - limit), end, reverse }
    : { start, end: Math.min(end, start + limit), reverse };
}

/**
 * What a range of side items selects.
 * @throws {InvalidArgumentError} when the range makes no sense.
 */
export function sideRangeOf({ list, from, limit }: SideRange): {
  from: number;
  limit: number;
  accepts: (list: string) => boolean;
} {
  return {
    from: bound(from, "from", 0),
    limit: bound(limit, "limit", Infinity),
    accepts: list === undefined ? () => true : (found) => found === list,
  };
}

/**
 * Whether a summary passes the query's filters. Times compare as instants; `since` is inclusive, `until` is not.
 * @throws {InvalidArgumentError} when the query makes no sense.
 */
export function filterOf(query: ListQuery): Filter {
  checkQuery(query);
  const { workspace, user, model, source, tag, titleMatches, parentId, includeSubagents = true } = query;
  const { pinned, archived } = query;
  const since = instant(query.since, "since", -Infinity);
  const until = instant(query.until, "until", Infinity);
  const title = titleMatches?.toLowerCase();
  return (summary) => {
    const updated = timeMs(summary.updatedAt);
    return (
      updated >= since &&
      updated < until &&
      (includeSubagents || summary.parentId === null) &&
      (parentId === undefined || summary.parentId === parentId) &&
      (user === undefined || summary.userId === user) &&
      (model === undefined || summary.model === model) &&
      (source === undefined || summary.source === source) &&
      (tag === undefined || summary.tags.includes(tag)) &&
      (pinned === undefined || isPinned(summary) === pinned) &&
      (archived === undefined || isArchived(summary) === archived) &&
      (title === undefined || (titleOf(summary) ?? "").toLowerCase().includes(title)) &&
      isIn(workspace, summary)
    );
  };
}

const TEXTS = ["user", "model", "source", "tag", "titleMatches", "parentId", "cursor"] as const;

/** Refuses a query that makes no sense; whether a cursor is of its listing, the listing says. @throws {InvalidArgumentError} */
export function checkQuery(query: ListQuery): void {
  checkObject(query, "query");
  checkTexts(query, TEXTS);
  checkFlags(query, ["includeSubagents", "pinned", "archived", "mayBeBehind"]);
  checkWorkspace(query.workspace);
  checkLimit(query.limit);
  orderOf(query);
  instant(query.since, "since", 0);
  instant(query.until, "until", 0);
}

/** Whether a session belongs to the workspace that a query names; every session does when it names none. */
export function isIn(
  workspace: ListQuery["workspace"],
  summary: Pick<SessionSummary, "workspacePath" | "workspaceId">,
): boolean {
  return (
    workspace === undefined ||
    (workspace.path !== undefined && summary.workspacePath === workspace.path) ||
    (workspace.id !== undefined && summary.workspaceId === workspace.id) ||
    (workspace.places ?? []).some(
      ({ path, id }) => summary.workspacePath === path && summary.workspaceId === id,
    )
  );
}

/** @throws {InvalidArgumentError} */
export function checkLimit(limit: number | undefined): void {
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 1)) {
    throw new InvalidArgumentError(`limit must be a whole number from 1 up, not ${String(limit)}.`);
  }
}

/** @throws {InvalidArgumentError} */
export function checkWorkspace(workspace: ListQuery["workspace"]): void {
  if (workspace === undefined) return;
  checkObject(workspace, "workspace");
  checkTexts(workspace, ["path", "id"]);
  const { path, id, places } = workspace;
  if (path === undefined && id === undefined && places === undefined)
    throw new InvalidArgumentError("workspace needs a path, an id, or places.");
  if (places === undefined) return;
  checkArray(places, "workspace.places");
  for (const place of places) {
    checkObject(place, "a place of a workspace");
    for (const part of [place.path, place.id] as unknown[])
      if (part !== null && typeof part !== "string")
        throw new InvalidArgumentError(
          `A place of a workspace has a path and an id, or null, not ${shown(part)}.`,
        );
  }
}

export function orderOf(query: ListQuery): Order {
  const order: unknown = query.order === undefined ? "updated" : query.order;
  if (order !== "updated" && order !== "created") {
    throw new InvalidArgumentError(`order must be "updated" or "created", not ${shown(order)}.`);
  }
  return order;
}

export function positionOf(summary: SessionSummary, order: Order): Position {
  return { time: timeMs(order === "updated" ? summary.updatedAt : summary.createdAt), id: summary.id };
}

/** By the order of a listing. */
export function comparePositions(left: Position, right: Position): number {
  if (left.time !== right.time) return right.time - left.time;
  return left.id < right.id ? -1 : left.id > right.id ? 1 : 0;
}

export function writeCursor(order: Order, { time, id }: Position): string {
  return Buffer.from(JSON.stringify([order, time, id])).toString("base64url");
}

/** What a `Date` can be, in milliseconds. */
const LATEST = 8.64e15;

export function readCursor(cursor: string, order: Order): Position {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch {
    parsed = undefined;
  }
  const [cursorOrder, time, id] = Array.isArray(parsed) ? (parsed as unknown[]) : [];
  if (typeof time !== "number" || !Number.isInteger(time) || Math.abs(time) > LATEST || !isSessionId(id)) {
    throw new InvalidArgumentError("cursor is not one that a listing returned as nextCursor.");
  }
  if (cursorOrder !== order) {
    throw new InvalidArgumentError(
      `cursor belongs to a listing in another order than ${JSON.stringify(order)}.`,
    );
  }
  return { time, id };
}

export function instant(time: string | undefined, name: string, absent: number): number {
  if (time === undefined) return absent;
  if (!isTime(time)) {
    throw new InvalidArgumentError(
      `${name} must be an RFC 3339 time such as 2026-01-31T12:00:00Z, not ${shown(time)}.`,
    );
  }
  return timeMs(time);
}

/** The same as a date; `undefined` where there is none. @throws {InvalidArgumentError} */
export function dateOf(time: string | undefined, name: string): Date | undefined {
  return time === undefined ? undefined : new Date(instant(time, name, 0));
}

function bound(value: number | undefined, name: string, absent: number): number {
  if (value === undefined) return absent;
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgumentError(`${name} must be a whole number from 0 up, not ${String(value)}.`);
  }
  return value;
}
