import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { SessionList, SessionRow } from "../../shapes.ts";
import { go, withParts, type Address } from "../address.ts";
import { counted } from "../format.ts";
import { useKeys } from "../keys.ts";
import { useMedia, WIDE } from "../media.ts";
import { ask } from "../server.ts";
import { tellError } from "../notice.tsx";
import { State } from "../states.tsx";
import { useRows } from "../virtual.ts";
import { Facets } from "./facets.tsx";
import { Hits } from "./hits.tsx";
import { SessionItem } from "./session-item.tsx";
import { useList } from "./use-list.ts";

/** All sessions, narrowed by what stands in the address. */
export function ListPage({ address, onHelp }: { address: Address; onHelp: () => void }): VNode {
  const { list, result, error, refresh, loadMore } = useList(address);
  const search = useRef<HTMLInputElement>(null);
  const isWide = useMedia(WIDE);
  useEffect(() => {
    document.title = "Sessions";
  }, []);
  useKeys({ "/": () => search.current?.focus() });
  const query = address.get("q") ?? "";
  const isNarrowed = address.size > 0;
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
                {counted(list.total, "session")}
                {isNarrowed && (
                  <button type="button" class="quiet" onClick={() => go(new URLSearchParams())}>
                    Show all
                  </button>
                )}
              </p>
              <Unreadable list={list} />
              {list.total === 0 && (result?.hits.length ?? 0) === 0 ? (
                <Nothing isNarrowed={isNarrowed} />
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

interface SessionsProps {
  readonly list: SessionList;
  readonly refresh: () => void;
  readonly loadMore: () => void;
  /** Stands below the sessions, and scrolls with them. */
  readonly children?: VNode | false | undefined;
}

interface Shown {
  readonly row: SessionRow;
  readonly depth: number;
}

function Sessions({ list, refresh, loadMore, children }: SessionsProps): VNode {
  const scroller = useRef<HTMLDivElement>(null);
  const [selected, setSelected] = useState<string | undefined>();
  const [below, setBelow] = useState<ReadonlyMap<string, readonly SessionRow[]>>(new Map());
  const shown = flattened(list.sessions, below, 0, new Set());
  const rows = useRows({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 84,
    getItemKey: (index) => `${shown[index]?.depth ?? 0} ${shown[index]?.row.id ?? index}`,
    overscan: 6,
  });
  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (list.cursor !== null && last >= shown.length - 20) loadMore();
  }, [last, shown.length, list.cursor]);

  const at = shown.findIndex(({ row }) => row.id === selected);
  const select = (index: number): void => {
    const to = Math.min(Math.max(index, 0), shown.length - 1);
    setSelected(shown[to]?.row.id);
    rows.scrollToIndex(to, { align: "auto" });
  };
  useKeys({
    j: () => select(at + 1),
    k: () => select(at < 0 ? 0 : at - 1),
    g: () => select(0),
    G: () => select(shown.length - 1),
    Enter: () => {
      if (selected !== undefined) go(new URLSearchParams({ session: selected }));
    },
  });
  const toggle = ({ id }: SessionRow): void => {
    if (below.has(id)) setBelow(new Map([...below].filter(([known]) => known !== id)));
    else
      ask<SessionList>(`sessions?parent=${id}&state=current&state=archived`).then(
        ({ sessions }) => setBelow((known) => new Map(known).set(id, sessions)),
        tellError,
      );
  };
  return (
    <div class="scroller" ref={scroller} tabIndex={0} role="region" aria-label="List of sessions">
      <ul class="rows" style={{ height: `${rows.getTotalSize()}px` }}>
        {items.map(({ index, key, start }) => {
          const one = shown[index];
          if (one === undefined) return null;
          return (
            <li
              key={key}
              class="row"
              data-index={index}
              ref={rows.measureElement}
              style={{ transform: `translateY(${start}px)` }}
            >
              <SessionItem
                row={one.row}
                depth={one.depth}
                isSelected={one.row.id === selected}
                isOpen={below.has(one.row.id)}
                readOnly={list.readOnly}
                onToggle={() => toggle(one.row)}
                onSelect={() => setSelected(one.row.id)}
                refresh={refresh}
              />
            </li>
          );
        })}
      </ul>
      {children}
    </div>
  );
}

/** Each session, and below it, where it is open, what belongs to it; none within itself. */
function flattened(
  rows: readonly SessionRow[],
  below: ReadonlyMap<string, readonly SessionRow[]>,
  depth: number,
  above: ReadonlySet<string>,
): Shown[] {
  return rows.flatMap((row) => {
    const own = above.has(row.id) ? [] : (below.get(row.id) ?? []);
    return [{ row, depth }, ...flattened(own, below, depth + 1, new Set(above).add(row.id))];
  });
}
