import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { SessionList, SessionRow } from "../../shapes.ts";
import { go } from "../address.ts";
import { useKeys } from "../keys.ts";
import { tellError } from "../notice.tsx";
import { isUnread } from "../seen.ts";
import { ask } from "../server.ts";
import { useRows } from "../virtual.ts";
import { openedLast } from "../way-back.ts";
import { Bulk } from "./bulk.tsx";
import { SessionItem } from "./session-item.tsx";
import { useWaiting } from "./use-waiting.ts";

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

/** The sessions that are listed, with what belongs to them where it is open, and what is done with several of them. */
export function Sessions({ list, refresh, loadMore, children }: SessionsProps): VNode {
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
  };
  const place = (): number => shown.findIndex(({ row }) => row.id === selectedNow.current);
  const select = (index: number): void => {
    const to = Math.min(Math.max(index, 0), shown.length - 1);
    mark(shown[to]?.row.id);
    rows.scrollToIndex(to, { align: "auto" });
  };
  // Whoever comes back from a session finds the list where it was.
  const isBack = useRef(selected !== undefined);
  useLayoutEffect(() => {
    const to = place();
    if (!isBack.current || to < 0) return;
    isBack.current = false;
    rows.scrollToIndex(to, { align: "center" });
  }, [shown.length]);
  useKeys({
    j: () => select(place() + 1),
    k: () => select(place() - 1),
    g: () => select(0),
    G: () => select(shown.length - 1),
    x: () => {
      if (selectedNow.current !== undefined) choose(selectedNow.current, false);
    },
    Escape: () => setChosen(new Set()),
    Enter: () => {
      if (place() >= 0) go(new URLSearchParams({ session: selectedNow.current ?? "" }));
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
                  isChosen={chosen.has(one.row.id)}
                  isUnread={isUnread(one.row)}
                  isWaiting={waiting.has(one.row.id)}
                  isOpen={below.has(one.row.id)}
                  readOnly={list.readOnly}
                  onChoose={(isRange) => choose(one.row.id, isRange)}
                  onToggle={() => toggle(one.row)}
                  onSelect={() => mark(one.row.id)}
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
