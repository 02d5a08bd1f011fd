import type { SearchHit, SearchQuery, StorageEngine } from "../engine/contract.ts";
import { checkSearch } from "../engine/search/search-query.ts";
import { checkObject } from "../session/json/arguments.ts";
import type { SessionId } from "../session/session-id.ts";

/** So many times the finds that are asked for are looked at for those that are the same message, and some. */
const LOOKED_THROUGH = 8;
const SOME = 20;

/**
 * Finds, each message once: what a fork took over is found in the session where it was said, and named there (`alsoIn`).
 * Where that session is gone, has the message no more, or is not among those that are searched, the fork's copy is found;
 * of several forks' copies, the best one.
 */
export async function searchOnce(
  engine: StorageEngine,
  text: string,
  more: Omit<SearchQuery, "text">,
): Promise<SearchHit[]> {
  checkObject(more, "query");
  const query: SearchQuery = { ...more, text };
  const hits = await engine.search(query);
  if (!hits.some(isCopy)) return hits;
  const { limit } = checkSearch(query);
  for (let most = limit + SOME; ; most *= 2) {
    const all = await engine.search({ ...query, limit: most });
    const once = grouped(all).slice(0, limit);
    const isAll = all.length < most || most > limit * LOOKED_THROUGH;
    // A copy may stand before the message itself, which is found behind it.
    if (isAll || (once.length === limit && !once.some(isCopy))) return once;
  }
}

function isCopy({ takenFrom }: SearchHit): boolean {
  return takenFrom !== undefined;
}

/** The same text at the same place of a fork and of the session that it is of is one message. */
function grouped(hits: readonly SearchHit[]): SearchHit[] {
  const known = new Map(hits.map((hit) => [keyOf(hit.id, hit), hit]));
  const groups = Map.groupBy(hits, (hit) => {
    const seen = new Set<SessionId>();
    let [id, from] = [hit.id, hit.takenFrom];
    while (from !== undefined && !seen.has(from)) {
      seen.add(from);
      [id, from] = [from, known.get(keyOf(from, hit))?.takenFrom];
    }
    return keyOf(id, hit);
  });
  return [...groups.values()].flatMap((group) => {
    const shown = group.find((hit) => !isCopy(hit)) ?? group[0];
    const others = group.flatMap(({ id }) => (id === shown?.id ? [] : [id]));
    return shown === undefined ? [] : [others.length === 0 ? shown : { ...shown, alsoIn: others }];
  });
}

function keyOf(id: SessionId, { position, snippet }: SearchHit): string {
  return JSON.stringify([id, position, snippet]);
}
