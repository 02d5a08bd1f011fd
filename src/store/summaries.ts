import type { ListPage, ListQuery } from "../engine/contract.ts";
import type { SessionSummary } from "../session/summary.ts";

/** Summaries that are read at once. */
const PAGE = 200;

/** The summaries of all pages, at most `limit` of them. */
export async function* summariesOf(
  list: (query: ListQuery) => Promise<ListPage>,
  query: ListQuery,
): AsyncGenerator<SessionSummary> {
  let left = query.limit ?? Infinity;
  let { cursor } = query;
  do {
    // A limit that makes no sense is for the engine to refuse.
    const limit = left > PAGE ? PAGE : left;
    const { sessions, nextCursor } = await list({ ...query, limit, cursor });
    yield* sessions;
    left -= sessions.length;
    cursor = nextCursor;
  } while (cursor !== undefined && left > 0);
}
