import type { RefObject, VNode } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { FindResult } from "../../shapes.ts";
import { counted } from "../format.ts";
import { useRows } from "../virtual.ts";
import type { MessageCache } from "./message-cache.ts";
import { MessageItem } from "./message-item.tsx";
import { useMarks } from "./use-find.ts";

/** Brings a message, or the end, into sight. */
export type Mover = (to: number | "end") => void;

interface Props {
  readonly session: string;
  readonly revision: string | null;
  readonly cache: MessageCache;
  readonly count: number;
  /** The messages that are shown. Default: all. */
  readonly positions: readonly number[] | undefined;
  /** Where reading begins. Default: at the end. */
  readonly start: number | undefined;
  readonly current: number;
  readonly onCurrent: (position: number) => void;
  readonly mover: RefObject<Mover | undefined>;
  readonly find: string;
  readonly found: FindResult | undefined;
  readonly wanted: { readonly position: number; readonly part: number } | undefined;
}

/** Messages, of which those in sight are drawn; the scrollbar is that of the whole session. */
export function Messages(props: Props): VNode {
  const {
    session,
    revision,
    cache,
    count,
    positions,
    start,
    current,
    onCurrent,
    mover,
    find,
    found,
    wanted,
  } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const shown = positions?.length ?? count;
  const positionAt = (index: number): number => positions?.[index] ?? index;
  const rows = useRows({
    count: shown,
    getScrollElement: () => scroller.current,
    estimateSize: () => 110,
    getItemKey: positionAt,
    overscan: 4,
    // Who reads the end goes on reading it; who has scrolled up stays there.
    anchorTo: "end",
    followOnAppend: true,
    scrollEndThreshold: 32,
  });
  const items = rows.getVirtualItems();
  const inSight = items.map(({ index }) => positionAt(index));
  useEffect(() => cache.want(inSight));

  const move: Mover = (to) => {
    if (to === "end") {
      rows.scrollToEnd();
      onCurrent(positionAt(shown - 1));
      return;
    }
    const index = positions === undefined ? to : positions.indexOf(to);
    if (index >= 0) rows.scrollToIndex(Math.min(index, shown - 1), { align: "start" });
  };
  mover.current = move;
  useLayoutEffect(() => {
    if (start === undefined) move("end");
    else {
      onCurrent(start);
      const index =
        positions === undefined ? start : positions.findLastIndex((position) => position <= start);
      rows.scrollToIndex(Math.min(Math.max(index, 0), shown - 1), { align: "start" });
    }
  }, []);

  const [seen, setSeen] = useState(count);
  const isAtEnd = rows.isAtEnd(64);
  useEffect(() => {
    if (isAtEnd) setSeen(count);
  }, [isAtEnd, count]);
  const callOf = useMemo(() => cache.callOf.bind(cache), [cache]);
  useMarks(() => scroller.current, find);
  return (
    <>
      <div class="scroller" ref={scroller} tabIndex={0} role="region" aria-label="Messages">
        <div class="rows" style={{ height: `${rows.getTotalSize()}px` }}>
          {items.map(({ index, key, start: top }) => {
            const position = positionAt(index);
            const message = cache.get(position);
            return (
              <div
                key={key}
                class="row"
                data-index={index}
                ref={rows.measureElement}
                style={{ transform: `translateY(${top}px)` }}
              >
                {message === undefined ? (
                  <div class="message waiting" aria-hidden="true" />
                ) : (
                  <MessageItem
                    session={session}
                    revision={revision}
                    message={message}
                    isSelected={position === current}
                    wantedPart={wanted?.position === position ? wanted.part : undefined}
                    callOf={callOf}
                  />
                )}
              </div>
            );
          })}
        </div>
      </div>
      <Ticks found={found} count={count} />
      {!isAtEnd && (
        <button type="button" class="to-end" onClick={() => move("end")}>
          {count > seen ? `↓ ${counted(count - seen, "new message")}` : "↓ To the end"}
        </button>
      )}
    </>
  );
}

/** Where finds are, beside the scrollbar. */
function Ticks({ found, count }: { found: FindResult | undefined; count: number }): VNode | null {
  if (found === undefined || found.found.length === 0) return null;
  return (
    <svg class="ticks" viewBox="0 0 4 1000" preserveAspectRatio="none" aria-hidden="true">
      {found.found.map(({ position }) => (
        <rect key={position} x="0" width="4" height="2" y={(position / count) * 998} />
      ))}
    </svg>
  );
}
