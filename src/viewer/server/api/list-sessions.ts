import { searchQuery } from "../../../faces/query.ts";
import { InvalidArgumentError } from "../../../session/errors/errors.ts";
import type { SessionStore } from "../../../store/session-store.ts";
import type { Hit, SearchResult, SessionList, SessionRow } from "../../shapes.ts";
import { Filters, LONGEST_QUERY, numberIn } from "./filters.ts";
import { pagesOf, type AllRows, type Order, type RecentList } from "./recent-list.ts";
import { countAsChild, rowOf } from "./session-row.ts";

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
  const filters = new Filters(params);
  const page = new Page(params, order);
  const children = new Map<string, number>();
  let unreadable: AllRows["unreadable"] = [];
  for await (const all of params.has("q") ? [await recent.read(order)] : rowsOf(store, order)) {
    ({ unreadable } = all);
    for (const row of all.rows) {
      countAsChild(row, children);
      if (filters.take(row)) page.add(row);
    }
  }
  return {
    sessions: page.rows.map((row) => ({ ...row, children: children.get(row.id) ?? 0 })),
    total: page.total,
    cursor: page.cursor,
    facets: filters.facets(),
    unreadable: unreadable.map(({ where, error }) => ({ where, code: error.code, message: error.message })),
    readOnly,
  };
}

async function* rowsOf(store: SessionStore, order: Order): AsyncGenerator<AllRows> {
  for await (const { sessions, unreadable } of pagesOf(store, order))
    yield { rows: sessions.map((summary) => rowOf(summary)), unreadable };
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
 * The rows behind a cursor, of all that are added: behind the session that the cursor names, or, when that one has moved,
 * behind all that changed as late as it had.
 */
class Page {
  readonly rows: SessionRow[] = [];
  total = 0;
  readonly #limit: number;
  readonly #behind: { readonly at: number; readonly id: string } | undefined;
  readonly #timeOf: (row: SessionRow) => string;
  #isBehind: boolean;
  #hasMore = false;

  constructor(params: URLSearchParams, order: Order) {
    this.#limit = Math.max(numberIn(params, "limit", PAGE, LARGEST_PAGE), 1);
    this.#timeOf = ({ createdAt, updatedAt }) => (order === "created" ? createdAt : updatedAt);
    const cursor = params.get("cursor");
    this.#isBehind = cursor === null;
    if (cursor === null) return;
    const [time = "", id = ""] = cursor.split(" ");
    const at = Date.parse(time);
    if (Number.isNaN(at)) throw new InvalidArgumentError("cursor is not one that a list gave.");
    this.#behind = { at, id };
  }

  add(row: SessionRow): void {
    this.total++;
    if (!this.#isBehind && this.#behind !== undefined) {
      const own = Date.parse(this.#timeOf(row));
      const { at, id } = this.#behind;
      this.#isBehind = own < at || (own === at && row.id > id);
    }
    if (!this.#isBehind) return;
    if (this.rows.length < this.#limit) this.rows.push(row);
    else this.#hasMore = true;
  }

  get cursor(): string | null {
    const last = this.rows.at(-1);
    return last !== undefined && this.#hasMore ? `${this.#timeOf(last)} ${last.id}` : null;
  }
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
  const filters = new Filters(params);
  if (text === "") return { hits: [], more: 0, facets: filters.facets() };
  let more = 0;
  const rows = new Map<string, SessionRow | undefined>();
  const hits: Hit[] = [];
  for (const hit of await store.search(asTyped(text), { ...narrowed, limit: RANKED })) {
    let row = rows.get(hit.id);
    if (!rows.has(hit.id)) {
      row = await readable(store, hit.id);
      rows.set(hit.id, row);
      if (row !== undefined && filters.takeFound(row)) more++;
    }
    if (hits.length === HITS || row === undefined || !filters.accepts(row)) continue;
    hits.push({
      session: row,
      position: hit.position ?? null,
      role: hit.role ?? null,
      snippet: hit.snippet,
      marks: hit.marks,
    });
  }
  return { hits, more, facets: filters.facets() };
}

/** One that was removed, or damaged, since it was found is not told of here. */
async function readable(store: SessionStore, id: string): Promise<SessionRow | undefined> {
  const summary = await store.summary(id).catch(() => undefined);
  return summary && rowOf(summary);
}
