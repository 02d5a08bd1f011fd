import type { SessionSummary } from "../../index.ts";
import { textsOf } from "./rows.ts";
import { jsonEquals, type Json } from "../../session/json/json.ts";
import type { SessionStore } from "../../store/session-store.ts";

/** So many sessions are read at a time: what is not kept of them is gone before the next ones. */
const PAGE = 500;

/**
 * All sessions as they are now. Those that are as they are known stay what they are, so that there are never two of each
 * in memory, and what was made of them once holds.
 */
export async function upToDate(
  store: SessionStore,
  known: readonly SessionSummary[],
): Promise<readonly SessionSummary[]> {
  const before = new Map<string, SessionSummary>(known.map((session) => [session.id, session]));
  const now: SessionSummary[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.list({ archived: false, limit: PAGE, cursor });
    for (const session of page.sessions) {
      const one = before.get(session.id);
      const kept = one !== undefined && jsonEquals(asJson(one), asJson(session)) ? one : session;
      textsOf(kept);
      now.push(kept);
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return now.length === known.length && now.every((session, index) => session === known[index]) ? known : now;
}

function asJson(session: SessionSummary): Json {
  return session as unknown as Json;
}
