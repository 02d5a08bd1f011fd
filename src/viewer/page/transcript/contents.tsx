import type { VNode } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Outline } from "../../shapes.ts";
import { clockTime, exactly, plainLine } from "../format.ts";
import { useRows } from "../virtual.ts";

interface Props {
  readonly outline: Outline | undefined;
  readonly current: number;
  readonly onChoose: (position: number) => void;
}

/** What a person asked, in the session's order. */
export function Contents({ outline, current, onChoose }: Props): VNode {
  const entries = useMemo(() => (outline === undefined ? [] : entriesOf(outline)), [outline]);
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useRows({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 32,
    getItemKey: (index) => entries[index]?.position ?? index,
    overscan: 10,
  });
  const here = entries.findLastIndex(({ position }) => position <= current);
  useEffect(() => {
    if (here >= 0) rows.scrollToIndex(here, { align: "auto" });
  }, [here, entries.length > 0]);
  return (
    <nav class="contents" aria-label="Prompts">
      <h2>Prompts</h2>
      {outline === undefined && <p>Reading …</p>}
      {outline !== undefined && entries.length === 0 && <p>Nobody asked anything.</p>}
      <div class="contents-list" ref={scroller} tabIndex={0} role="region" aria-label="List of prompts">
        <ol class="rows" style={{ height: `${rows.getTotalSize()}px` }}>
          {rows.getVirtualItems().map(({ index, key, start }) => {
            const entry = entries[index];
            if (entry === undefined) return null;
            const { position, at, text } = entry;
            return (
              <li
                key={key}
                class="row"
                data-index={index}
                ref={rows.measureElement}
                style={{ transform: `translateY(${start}px)` }}
              >
                <button
                  type="button"
                  class={index === here ? "here" : ""}
                  aria-current={index === here ? "true" : undefined}
                  onClick={() => onChoose(position)}
                >
                  <span dir="auto">{plainLine(text)}</span>
                  {at !== null && (
                    <time dateTime={at} title={exactly(at)}>
                      {clockTime(at)}
                    </time>
                  )}
                </button>
              </li>
            );
          })}
        </ol>
      </div>
    </nav>
  );
}

function entriesOf({ prompts, compactions }: Outline): Outline["prompts"] {
  return [
    ...prompts,
    ...compactions.map((position) => ({ position, at: null, text: "— summarised here —" })),
  ].sort((a, b) => a.position - b.position);
}
