import { searchQuery } from "../../../faces/query.ts";
import { InvalidArgumentError } from "../../../session/errors/errors.ts";
import { timeMs } from "../../../session/time.ts";
import type { SessionStore } from "../../../store/session-store.ts";
import type { Hit, SearchResult, SessionList } from "../../shapes.ts";
import { Filters, LONGEST_QUERY, numberIn } from "./filters.ts";
import type { RecentList } from "./recent-list.ts";
import type { Order } from "./rows.ts";
import { listedOf, rowOf, type Listed } from "./session-row.ts";

const PAGE = 200;
const LARGEST_PAGE = 1000;

/** A page of the list with the counts of its facets. */
export async function listSessions(
  store: SessionStore,
  recent: RecentList,
  params: URLSearchParams,
  readOnly: boolean,
): Promise<SessionList> {
  const order = params.get("order") === "created" ? "created" : "updated";
  if (params.get("first") === "1") return await firstRows(store, order, readOnly);
  const { rows, unreadable } = await recent.read(params.has("q"));
  const { sessions, facets } = rows.narrowed(order, params);
  const { page, cursor } = pageOf(sessions, order, params);
  return {
    sessions: page.map(({ row }) => ({ ...row, children: rows.childrenOf(row.id) })),
    total: sessions.length,
    cursor,
    facets,
    unreadable: unreadable.map(({ where, error }) => ({ where, code: error.code, message: error.message })),
    readOnly,
  };
}

const FIRST = 60;

/**
 * The beginning of the whole list from the index as it is: what is shown while everything is compared with the disk, and
 * counted. It says nothing of what cannot be known so soon.
 */
async function firstRows(store: SessionStore, order: Order, readOnly: boolean): Promise<SessionList> {
  const query = { order, limit: FIRST, includeSubagents: false, archived: false, mayBeBehind: true } as const;
  const { sessions } = await store.list(query);
  return {
    sessions: sessions.map((summary) => rowOf(summary)),
    ...{
      total: null,
      cursor: null,
      facets: new Filters(new URLSearchParams()).facets(),
      unreadable: [],
      readOnly,
    },
  };
}

/**
 * The sessions behind a cursor: behind the one that it names, or, when that one has moved, behind all that changed as late
 * as it had. A cursor for those that are behind the page.
 */
function pageOf(
  sessions: readonly Listed[],
  order: Order,
  params: URLSearchParams,
): { readonly page: readonly Listed[]; readonly cursor: string | null } {
  const limit = Math.max(numberIn(params, "limit", PAGE, LARGEST_PAGE), 1);
  const start = startOf(sessions, order, params.get("cursor"));
  const page = sessions.slice(start, start + limit);
  const last = page.at(-1)?.row;
  const hasMore = start + limit < sessions.length;
  const time = order === "created" ? last?.createdAt : last?.updatedAt;
  return { page, cursor: last !== undefined && hasMore ? `${time} ${last.id}` : null };
}

/** @throws {InvalidArgumentError} */
function startOf(sessions: readonly Listed[], order: Order, cursor: string | null): number {
  if (cursor === null) return 0;
  const [time = "", id = ""] = cursor.split(" ");
  const at = timeMs(time);
  if (Number.isNaN(at)) throw new InvalidArgumentError("cursor is not one that a list gave.");
  const start = sessions.findIndex((one) => one[order] < at || (one[order] === at && one.row.id > id));
  return start < 0 ? sessions.length : start;
}

const HITS = 60;
/** So many are ranked before the facets narrow them. */
const RANKED = 300;

/** Whoever types has not come to the end of the last word yet; of a letter or two everything begins. */
function asTyped(text: string): string {
  return /(?:^|[^\p{L}\p{N}"])[\p{L}\p{N}]{3,}$/u.test(text) ? `${text}*` : text;
}

/** What the full text has of some words, within the sessions that the facets leave. */
export async function searchSessions(
  store: SessionStore,
  recent: RecentList,
  params: URLSearchParams,
): Promise<SearchResult> {
  const typed = (params.get("q") ?? "").slice(0, LONGEST_QUERY);
  // What is not understood yet is still being typed: it narrows nothing.
  const { text, problems: _, ...narrowed } = searchQuery(typed, new Date());
  const filters = new Filters(params);
  if (text === "") return { hits: [], more: 0, facets: filters.facets() };
  let more = 0;
  const found = new Map<string, Listed | undefined>();
  const hits: Hit[] = [];
  for (const hit of await store.search(asTyped(text), { ...narrowed, limit: RANKED })) {
    let listed = found.get(hit.id);
    if (!found.has(hit.id)) {
      listed = (await recent.known(hit.id)) ?? (await readable(store, hit.id));
      found.set(hit.id, listed);
      if (listed !== undefined && filters.takeFound(listed)) more++;
    }
    if (hits.length === HITS || listed === undefined || !filters.accepts(listed)) continue;
    hits.push({
      session: listed.row,
      position: hit.position ?? null,
      role: hit.role ?? null,
      snippet: hit.snippet,
      marks: hit.marks,
    });
  }
  return { hits, more, facets: filters.facets() };
}

/** One that was removed, or damaged, since it was found is not told of here. */
async function readable(store: SessionStore, id: string): Promise<Listed | undefined> {
  const summary = await store.summary(id).catch(() => undefined);
  return summary && listedOf(summary);
}
