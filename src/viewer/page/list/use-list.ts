import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { SearchResult, SessionList, SessionRow } from "../../shapes.ts";
import type { Address } from "../address.ts";
import { ask, isAbort, listen } from "../server.ts";

export interface Listing {
  readonly list: SessionList | undefined;
  readonly result: SearchResult | undefined;
  /** What is asked for now is not all there yet: what is shown may belong to what was asked for before. */
  readonly isAsking: boolean;
  readonly error: Error | undefined;
  readonly refresh: () => void;
  readonly loadMore: () => void;
}

/** The sessions that an address asks for, as they are and as they change. */
export function useList(address: Address): Listing {
  const [list, setList] = useState<SessionList | undefined>();
  const [result, setResult] = useState<SearchResult | undefined>();
  const [error, setError] = useState<Error | undefined>();
  /** What the list, and what the search, were asked for that are there. */
  const [listed, setListed] = useState<string | undefined>();
  const [searched, setSearched] = useState<string | undefined>();
  const [round, setRound] = useState(0);
  const isLoadingMore = useRef(false);
  const query = address.toString();
  const latest = useRef(list);
  latest.current = list;
  const refresh = useCallback(() => setRound((count) => count + 1), []);

  useEffect(() => {
    const asking = new AbortController();
    const failed = (problem: unknown): void => {
      if (!isAbort(problem)) setError(problem as Error);
    };
    // Of the whole list the first rows are there before everything is counted.
    if (latest.current === undefined && query === "")
      ask<SessionList>("sessions?first=1", asking.signal).then(
        (page) => {
          if (page.sessions.length > 0) setList((known) => known ?? page);
        },
        () => undefined,
      );
    ask<SessionList>(`sessions?${query}`, asking.signal).then((page) => {
      setList(page);
      setListed(query);
      setError(undefined);
    }, failed);
    if (address.get("q") === null) setResult(undefined);
    else
      ask<SearchResult>(`search?${query}`, asking.signal).then((found) => {
        setResult(found);
        setSearched(query);
      }, failed);
    return () => asking.abort();
  }, [query, round]);

  const loadMore = useCallback(() => {
    const cursor = latest.current?.cursor ?? null;
    if (cursor === null || isLoadingMore.current) return;
    isLoadingMore.current = true;
    ask<SessionList>(`sessions?${query}&cursor=${encodeURIComponent(cursor)}`)
      .then((page) => {
        // Another list may have been asked for meanwhile.
        if (latest.current?.cursor === cursor)
          setList(
            (known) =>
              known && { ...page, facets: known.facets, sessions: [...known.sessions, ...page.sessions] },
          );
      }, setError)
      .finally(() => (isLoadingMore.current = false));
  }, [query]);

  useEffect(
    () =>
      listen(() => "events", {
        row: (row) => {
          const changed = row as SessionRow;
          if (latest.current?.sessions.some(({ id }) => id === changed.id) !== true) refresh();
          else setList((known) => known && withRow(known, changed));
        },
      }),
    [],
  );
  const isAsking = listed !== query || (address.get("q") !== null && searched !== query);
  return { list, result, isAsking, error, refresh, loadMore };
}

/** A row that changes stays where it is: nothing moves under the pointer. */
function withRow(list: SessionList, changed: SessionRow): SessionList {
  const sessions = list.sessions.map((row) =>
    row.id === changed.id ? { ...changed, children: row.children } : row,
  );
  return { ...list, sessions };
}
