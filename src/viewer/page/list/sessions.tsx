import type { RefObject, VNode } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { SessionList, SessionRow } from "../../shapes.ts";
import { go } from "../address.ts";
import { useKeys } from "../keys.ts";
import { tellError } from "../notice.tsx";
import { isUnread } from "../seen.ts";
import { ask } from "../server.ts";
import { useRows } from "../virtual.ts";
import { findLast, noteFind, openedLast } from "../way-back.ts";
import { Bulk } from "./bulk.tsx";
import { SessionItem } from "./session-item.tsx";
import { useWaiting } from "./use-waiting.ts";

interface SessionsProps {
  readonly list: SessionList;
  readonly refresh: () => void;
  readonly loadMore: () => void;
  /** Leads from the field of the search into the list. */
  readonly enter: RefObject<(() => void) | undefined>;
  /** Stands below the sessions, and scrolls with them. */
  readonly children?: VNode | false | undefined;
}

interface Shown {
  readonly row: SessionRow;
  readonly depth: number;
}

/** The sessions that are listed, with what belongs to them where it is open, and what is done with several of them. */
export function Sessions({ list, refresh, loadMore, enter, children }: SessionsProps): VNode {
  const scroller = useRef<HTMLDivElement>(null);
  const [selected, setSelected] = useState(openedLast);
  // A key may come before what the one before it has done is drawn.
  const selectedNow = useRef(selected);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const chosenLast = useRef<string | undefined>(undefined);
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

  const waiting = useWaiting(items.flatMap(({ index }) => shown[index]?.row ?? []).filter(isUnread));
  const rowsChosen = [...new Map(shown.map(({ row }) => [row.id, row])).values()].filter(({ id }) =>
    chosen.has(id),
  );
  const choose = (id: string, isRange: boolean): void => {
    const next = new Set(chosen);
    const [from, to] = [chosenLast.current, id].map((one) => shown.findIndex(({ row }) => row.id === one));
    if (isRange && from !== undefined && to !== undefined && from >= 0)
      for (const { row } of shown.slice(Math.min(from, to), Math.max(from, to) + 1)) next.add(row.id);
    else if (!next.delete(id)) next.add(id);
    chosenLast.current = id;
    setChosen(next);
  };

  const mark = (id: string | undefined): void => {
    selectedNow.current = id;
    setSelected(id);
    if (id !== undefined) noteFind(null);
  };
  /** What was found below the sessions: the keys go on there. */
  const finds = (): HTMLElement[] => [...(scroller.current?.querySelectorAll<HTMLElement>("a.hit") ?? [])];
  const place = (): number => {
    const find = finds().findIndex((one) => one === document.activeElement);
    return find < 0 ? shown.findIndex(({ row }) => row.id === selectedNow.current) : shown.length + find;
  };
  // The row that a key has selected has the focus as soon as it is drawn: Tab leads to what can be done with it.
  const wantsFocus = useRef(false);
  const select = (index: number): void => {
    const all = finds();
    const to = Math.min(Math.max(index, 0), shown.length + all.length - 1);
    const find = all[to - shown.length];
    mark(shown[to]?.row.id);
    wantsFocus.current = find === undefined;
    if (find === undefined) rows.scrollToIndex(to, { align: "auto" });
    else find.focus();
  };
  enter.current = () => select(Math.max(place(), 0));
  useLayoutEffect(() => {
    if (!wantsFocus.current) return;
    const title = scroller.current?.querySelector<HTMLElement>(".session.selected .session-title");
    if (!title) return;
    wantsFocus.current = false;
    title.focus({ preventScroll: true });
  });
  // Whoever comes back from a session finds the list where it was.
  const isBack = useRef(selected !== undefined);
  useLayoutEffect(() => {
    const to = place();
    const find = finds().find((one) => one.getAttribute("href") === findLast());
    if (!isBack.current || (to < 0 && find === undefined)) return;
    isBack.current = false;
    if (find !== undefined) find.focus();
    else rows.scrollToIndex(to, { align: "center" });
  });
  useKeys({
    j: () => select(place() + 1),
    k: () => select(place() - 1),
    g: () => select(0),
    G: () => select(shown.length + finds().length - 1),
    x: () => {
      if (selectedNow.current !== undefined) choose(selectedNow.current, false);
    },
    Enter: () => {
      const row = shown[place()]?.row;
      if (row !== undefined) go(new URLSearchParams({ session: row.id }));
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
    <>
      {rowsChosen.length > 0 && (
        <Bulk
          rows={rowsChosen}
          onAll={() => setChosen(new Set(shown.map(({ row }) => row.id)))}
          onNone={() => setChosen(new Set())}
          refresh={refresh}
        />
      )}
      <div
        class="scroller"
        ref={scroller}
        tabIndex={0}
        role="region"
        aria-label="List of sessions"
        onFocusIn={noteIfFind}
        onClick={noteIfFind}
      >
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
                  hasKeys={one.row.id === selected && rowsChosen.length === 0 && !list.readOnly}
                  isChosen={chosen.has(one.row.id)}
                  isUnread={isUnread(one.row)}
                  isWaiting={waiting.has(one.row.id)}
                  isOpen={below.has(one.row.id)}
                  readOnly={list.readOnly}
                  onChoose={(isRange) => choose(one.row.id, isRange)}
                  onToggle={() => toggle(one.row)}
                  onSelect={() => mark(one.row.id)}
                  onLeave={() => select(place() + (index < shown.length - 1 ? 1 : -1))}
                  refresh={refresh}
                />
              </li>
            );
          })}
        </ul>
        {children}
      </div>
    </>
  );
}

/** Notes the find that something happens to. */
function noteIfFind({ target }: Event): void {
  const find = target instanceof Element ? target.closest("a.hit") : null;
  if (find !== null) noteFind(find.getAttribute("href"));
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
