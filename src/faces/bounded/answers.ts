import type { ListPage, SearchHit, SearchQuery } from "../../index.ts";
import type { SessionSummary } from "../../session/summary/summary.ts";
import { summaryAt } from "../../store/reading/summary-at.ts";
import type { SessionSnapshot } from "../../store/reading/snapshot.ts";
import type { SessionStore } from "../../store/session-store.ts";
import type { Measure } from "./measure.ts";
import { readPage, type PageBounds, type Place, type SessionPage } from "./read-page.ts";
import { fitting, toldHit, toldSession } from "./told.ts";

/** What an answer may take. */
export interface Bounds {
  readonly most: number;
  readonly measure: Measure;
}

/** A cursor, and what else stands beside a list. */
const BESIDE = 500;

/**
 * Sessions, as many of a page as fit.
 * @param page gives so many sessions, and a cursor that goes on behind the last of them.
 */
export async function listed(
  page: (limit: number) => Promise<Pick<ListPage, "sessions" | "unreadable" | "nextCursor">>,
  limit: number,
  { most, measure }: Bounds,
): Promise<{ readonly sessions: readonly object[] }> {
  const told = (sessions: readonly SessionSummary[]): object[] =>
    sessions.map((summary) => toldSession(summary, most - beside(most), measure));
  let found = await page(limit);
  // One is told in any case: whoever follows the cursor comes to an end.
  const fit = Math.max(fitting(told(found.sessions), most - beside(most), measure).length, 1);
  // The cursor is that of the last session which is told.
  if (fit < found.sessions.length) found = await page(fit);
  const { sessions, unreadable, nextCursor } = found;
  return {
    sessions: told(sessions),
    ...(unreadable.length === 0 ? {} : { unreadableSessions: unreadable.length }),
    ...(nextCursor === undefined ? {} : { nextCursor }),
  };
}

/** A page of finds: so many of the best ones are passed over, and of the next ones as many are told as fit. */
export async function found(
  store: SessionStore,
  text: string,
  query: Omit<SearchQuery, "text"> & { readonly limit: number },
  skip: number,
  { most, measure }: Bounds,
): Promise<{ readonly hits: readonly object[] }> {
  const hits = (await store.search(text, { ...query, limit: skip + query.limit + 1 })).slice(skip);
  const revisions = await revisionsOf(store, hits);
  const all = hits
    .slice(0, query.limit)
    .map((hit) => toldHit(hit, revisions(hit), most - beside(most), measure));
  const fit = Math.max(fitting(all, most - beside(most), measure).length, 1);
  const told = all.slice(0, fit);
  return {
    hits: told,
    ...(told.length < all.length && { hitsLeftOut: all.length - told.length }),
    ...(told.length < hits.length && { next: { skip: skip + told.length } }),
  };
}

/** Where a session was found as it is now, the find's position is that of its revision. */
async function revisionsOf(
  store: SessionStore,
  hits: readonly SearchHit[],
): Promise<(hit: SearchHit) => number | undefined> {
  const summaries = new Map<string, SessionSummary | undefined>();
  for (const { id } of hits)
    if (!summaries.has(id)) summaries.set(id, await store.summary(id).catch(() => undefined));
  return ({ id, updatedAt }) => {
    const summary = summaries.get(id);
    return summary?.updatedAt === updatedAt ? summary.revision : undefined;
  };
}

/** A bounded answer that reads a session. */
interface ReadAnswer {
  readonly session: object;
  readonly messages: SessionPage["messages"];
  /** Of the same revision, so that no message comes twice, or never, when the session goes back meanwhile. */
  readonly next?: Place & { readonly revision: number };
}

/** A piece of a conversation from a place on, and what its session is. */
export async function read(
  store: SessionStore,
  snapshot: SessionSnapshot,
  place: Place,
  { most, measure, ...rest }: PageBounds,
): Promise<ReadAnswer> {
  const session = toldSession(await summaryAt(store, snapshot), most, measure);
  const room = most - measure.of({ session }) - REVISION;
  const { messages, next } = await readPage(snapshot, place, { most: room, measure, ...rest });
  const { revision } = snapshot;
  return { session, messages, ...(next !== undefined && { next: { ...next, revision } }) };
}

/** What a revision, or a reference, takes at most with its name. */
const REVISION = 100;

function beside(most: number): number {
  return Math.min(BESIDE, Math.floor(most / 4));
}
