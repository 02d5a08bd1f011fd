import { searchQuery } from "../../../faces/query.ts";
import { InvalidArgumentError } from "../../../session/errors/errors.ts";
import type { SessionSummary } from "../../../session/summary/summary.ts";
import type { SessionStore } from "../../../store/session-store.ts";
import type { Hit, SearchResult, SessionList } from "../../shapes.ts";
import { Filters, LONGEST_QUERY, numberIn } from "./filters.ts";
import type { RecentList } from "./recent-list.ts";
import { countChildren, rowOf } from "./session-row.ts";

const PAGE = 200;
const LARGEST_PAGE = 1000;

/** A page of the list with the counts of its facets. */
export async function listSessions(
  recent: RecentList,
  params: URLSearchParams,
  readOnly: boolean,
): Promise<SessionList> {
  const order = params.get("order") === "created" ? "created" : "updated";
  const { sessions: all, unreadable } = await recent.read(order, params.has("q"));
  const { matching, facets } = new Filters(params).apply(all);
  const children = countChildren(all);
  const limit = Math.max(numberIn(params, "limit", PAGE, LARGEST_PAGE), 1);
  const start = startBehind(matching, params);
  const page = matching.slice(start, start + limit);
  const last = page.at(-1);
  return {
    sessions: page.map((summary) => rowOf(summary, children.get(summary.id))),
    total: matching.length,
    cursor: last !== undefined && start + page.length < matching.length ? cursorAt(last, params) : null,
    facets,
    unreadable: unreadable.map(({ where, error }) => ({ where, code: error.code, message: error.message })),
    readOnly,
  };
}

/**
 * Where the page behind a cursor begins: behind the session that the cursor names, or, when that one has moved, behind
 * all that changed as late as it had.
 */
function startBehind(matching: readonly SessionSummary[], params: URLSearchParams): number {
  const cursor = params.get("cursor");
  if (cursor === null) return 0;
  const [time = "", id = ""] = cursor.split(" ");
  const at = Date.parse(time);
  if (Number.isNaN(at)) throw new InvalidArgumentError("cursor is not one that a list gave.");
  const found = matching.findIndex((summary) => {
    const own = Date.parse(timeOf(summary, params));
    return own < at || (own === at && summary.id > id);
  });
  return found < 0 ? matching.length : found;
}

function cursorAt(summary: SessionSummary, params: URLSearchParams): string {
  return `${timeOf(summary, params)} ${summary.id}`;
}

function timeOf(summary: SessionSummary, params: URLSearchParams): string {
  return params.get("order") === "created" ? summary.createdAt : summary.updatedAt;
}

const HITS = 60;
/** So many are ranked before the facets narrow them. */
const RANKED = 300;

/** Whoever types has not come to the end of the last word yet; of a letter or two everything begins. */
function asTyped(text: string): string {
  return /(?:^|[^\p{L}\p{N}"])[\p{L}\p{N}]{3,}$/u.test(text) ? `${text}*` : text;
}

/** What the full text has of some words, within the sessions that the facets leave. */
export async function searchSessions(store: SessionStore, params: URLSearchParams): Promise<SearchResult> {
  const typed = (params.get("q") ?? "").slice(0, LONGEST_QUERY);
  // What is not understood yet is still being typed: it narrows nothing.
  const { text, problems: _, ...narrowed } = searchQuery(typed, new Date());
  if (text === "") return { hits: [] };
  const filters = new Filters(params);
  const summaries = new Map<string, SessionSummary | undefined>();
  const hits: Hit[] = [];
  for (const hit of await store.search(asTyped(text), { ...narrowed, limit: RANKED })) {
    if (!summaries.has(hit.id)) summaries.set(hit.id, await readable(store, hit.id));
    const summary = summaries.get(hit.id);
    if (summary === undefined || !filters.accepts(summary)) continue;
    hits.push({
      session: rowOf(summary),
      position: hit.position ?? null,
      role: hit.role ?? null,
      snippet: hit.snippet,
      marks: hit.marks,
    });
    if (hits.length === HITS) break;
  }
  return { hits };
}

/** One that was removed, or damaged, since it was found is not told of here. */
async function readable(store: SessionStore, id: string): Promise<SessionSummary | undefined> {
  return await store.summary(id).catch(() => undefined);
}
