import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { SearchResult, SessionList } from "../../shapes.ts";
import { go, withParts, type Address } from "../address.ts";
import { useCommands } from "../commands.ts";
import { counted, short } from "../format.ts";
import { useKeys } from "../keys.ts";
import { useMedia, WIDE } from "../media.ts";
import { State } from "../states.tsx";
import { added, Facets } from "./facets.tsx";
import { Hits } from "./hits.tsx";
import { Overview } from "./overview.tsx";
import { Sessions } from "./sessions.tsx";
import { useList } from "./use-list.ts";

/** All sessions, narrowed by what stands in the address. */
export function ListPage({ address, onHelp }: { address: Address; onHelp: () => void }): VNode {
  const { list, result, isAsking, error, refresh, loadMore } = useList(address);
  const search = useRef<HTMLInputElement>(null);
  const enter = useRef<(() => void) | undefined>(undefined);
  const isWide = useMedia(WIDE);
  useEffect(() => {
    document.title = "Sessions";
  }, []);
  const query = address.get("q") ?? "";
  const isOverview = address.get("view") === "overview";
  const isNarrowed = address.size > (isOverview ? 1 : 0);
  const facets = list && (result === undefined ? list.facets : added(list.facets, result.facets));
  const show = (view: "overview" | null): void => go(withParts(address, { view }));
  const narrowTo = (q: string): void => go(withParts(address, { q: q === "" ? null : q }), "replace");
  useKeys({
    "/": () => search.current?.select(),
    o: () => show(isOverview ? null : "overview"),
    ...(query === "" ? {} : { Escape: () => narrowTo("") }),
  });
  useCommands([
    { name: "Search", keys: "/", run: () => search.current?.focus() },
    isOverview
      ? { name: "List of sessions", keys: "o", run: () => show(null) }
      : { name: "Overview: days, tokens, projects", keys: "o", run: () => show("overview") },
    { name: "Only pinned sessions", run: () => go(new URLSearchParams({ state: "pinned" })) },
    { name: "Archived sessions", run: () => go(new URLSearchParams({ state: "archived" })) },
    { name: "All sessions", run: () => go(new URLSearchParams()) },
  ]);
  return (
    <div class="list-page">
      <header class="bar">
        <h1>Sessions</h1>
        <input
          ref={search}
          type="search"
          class="search"
          placeholder="Search titles and what was said ( / )"
          aria-label="Search titles and what was said"
          value={query}
          onInput={({ currentTarget: { value } }) => narrowTo(value)}
          onKeyDown={(event) => {
            if (event.key === "Escape" && query !== "") narrowTo("");
            else if (event.key === "Escape") event.currentTarget.blur();
            else if (event.key === "Enter" || event.key === "ArrowDown") {
              event.currentTarget.blur();
              enter.current?.();
            } else return;
            event.preventDefault();
          }}
        />
        <button type="button" aria-pressed={isOverview} onClick={() => show(isOverview ? null : "overview")}>
          Overview
        </button>
        <button type="button" class="quiet" onClick={onHelp} aria-label="Keys">
          ?
        </button>
      </header>
      <div class="columns">
        <aside class="side" aria-label="Filters">
          {facets === undefined ? null : isWide ? (
            <Facets facets={facets} address={address} />
          ) : (
            <details>
              <summary>Filters</summary>
              <Facets facets={facets} address={address} />
            </details>
          )}
        </aside>
        <main class="main">
          {error !== undefined && (
            <State kind="error" title="The sessions cannot be listed.">
              <p>{error.message}</p>
              <button type="button" onClick={refresh}>
                Try again
              </button>
            </State>
          )}
          {error === undefined && list === undefined && <State kind="loading" title="Reading the list …" />}
          {error === undefined && list !== undefined && (
            <>
              <p class="total" role="status">
                {list.total === null ? "Counting …" : totalOf(list.total, result)}
                {isNarrowed && (
                  <button
                    type="button"
                    class="quiet"
                    onClick={() => go(new URLSearchParams(isOverview ? { view: "overview" } : {}))}
                  >
                    Show all
                  </button>
                )}
              </p>
              <Unreadable list={list} />
              {list.total === 0 && (result?.hits.length ?? 0) === 0 ? (
                isAsking ? (
                  <State kind="loading" title="Searching …" />
                ) : (
                  <Nothing isNarrowed={isNarrowed} />
                )
              ) : isOverview ? (
                <Overview address={address} round={list} />
              ) : (
                <Sessions list={list} refresh={refresh} loadMore={loadMore} enter={enter}>
                  {result !== undefined && result.hits.length > 0 && <Hits result={result} query={query} />}
                </Sessions>
              )}
            </>
          )}
        </main>
      </div>
    </div>
  );
}

/** How many sessions there are; of a search, by what they were found. */
function totalOf(total: number, result: SearchResult | undefined): string {
  if (result === undefined) return counted(total, "session");
  return `${counted(total, "session")} by title or tag, ${short(result.more)} by what was said`;
}

function Nothing({ isNarrowed }: { isNarrowed: boolean }): VNode {
  return isNarrowed ? (
    <State kind="empty" title="Nothing matches.">
      <p>Fewer words or filters find more.</p>
    </State>
  ) : (
    <State kind="empty" title="There are no sessions here yet.">
      <p>
        <code>astrid-sessions import ~/.claude/projects</code> brings in what an agent has kept.
      </p>
    </State>
  );
}

function Unreadable({ list }: { list: SessionList }): VNode | null {
  if (list.unreadable.length === 0) return null;
  return (
    <details class="unreadable">
      <summary>{counted(list.unreadable.length, "session")} cannot be read</summary>
      <ul>
        {list.unreadable.map(({ where, message }) => (
          <li key={where}>
            <code>{where}</code>: {message}
          </li>
        ))}
      </ul>
    </details>
  );
}
