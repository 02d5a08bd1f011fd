import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { SessionList } from "../../shapes.ts";
import { go, withParts, type Address } from "../address.ts";
import { useCommands } from "../commands.ts";
import { counted } from "../format.ts";
import { useKeys } from "../keys.ts";
import { useMedia, WIDE } from "../media.ts";
import { State } from "../states.tsx";
import { noteList } from "../way-back.ts";
import { Facets } from "./facets.tsx";
import { Hits } from "./hits.tsx";
import { Overview } from "./overview.tsx";
import { Sessions } from "./sessions.tsx";
import { useList } from "./use-list.ts";

/** All sessions, narrowed by what stands in the address. */
export function ListPage({ address, onHelp }: { address: Address; onHelp: () => void }): VNode {
  const { list, result, error, refresh, loadMore } = useList(address);
  const search = useRef<HTMLInputElement>(null);
  const isWide = useMedia(WIDE);
  useEffect(() => {
    document.title = "Sessions";
  }, []);
  useEffect(() => noteList(address), [address]);
  const query = address.get("q") ?? "";
  const isOverview = address.get("view") === "overview";
  const isNarrowed = address.size > (isOverview ? 1 : 0);
  const show = (view: "overview" | null): void => go(withParts(address, { view }));
  useKeys({ "/": () => search.current?.focus(), o: () => show(isOverview ? null : "overview") });
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
          onInput={({ currentTarget: { value } }) =>
            go(withParts(address, { q: value === "" ? null : value }), "replace")
          }
          onKeyDown={(event) => {
            if (event.key === "Escape" || event.key === "Enter") event.currentTarget.blur();
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
          {list === undefined ? null : isWide ? (
            <Facets list={list} address={address} />
          ) : (
            <details>
              <summary>Filters</summary>
              <Facets list={list} address={address} />
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
                {list.total === null ? "Counting …" : counted(list.total, "session")}
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
                <Nothing isNarrowed={isNarrowed} />
              ) : isOverview ? (
                <Overview address={address} round={list} />
              ) : (
                <Sessions list={list} refresh={refresh} loadMore={loadMore}>
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
