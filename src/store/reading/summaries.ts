import type { ListPage, ListQuery } from "../../engine/contract.ts";
import { checkQuery } from "../../engine/list-query.ts";
import type { SessionSummary } from "../../session/summary/summary.ts";

/** Summaries that are read at once. */
const PAGE = 200;

/** The summaries of all pages, at most `limit` of them. */
export async function* summariesOf(
  list: (query: ListQuery) => Promise<ListPage>,
  query: ListQuery,
): AsyncGenerator<SessionSummary> {
  checkQuery(query);
  let left = query.limit ?? Infinity;
  let { cursor } = query;
  do {
    const limit = left > PAGE ? PAGE : left;
    const { sessions, nextCursor } = await list({ ...query, limit, cursor });
    yield* sessions;
    left -= sessions.length;
    cursor = nextCursor;
  } while (cursor !== undefined && left > 0);
}
