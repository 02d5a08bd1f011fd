import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type VirtualizerOptions,
} from "@tanstack/virtual-core";
import { useLayoutEffect, useState } from "preact/hooks";

type Options = VirtualizerOptions<HTMLElement, HTMLElement>;
type Given = Pick<Options, "count" | "getScrollElement" | "estimateSize"> & Partial<Options>;
export type Rows = Virtualizer<HTMLElement, HTMLElement>;

/** Rows of which only those in sight are in the document; the scrollbar is that of all. */
export function useRows(given: Given): Rows {
  const [, redraw] = useState(0);
  const options: Options = {
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    useAnimationFrameWithResizeObserver: true,
    ...given,
    onChange: (rows, sync) => {
      redraw((count) => count + 1);
      given.onChange?.(rows, sync);
    },
  };
  const [rows] = useState(() => new Virtualizer(options));
  rows.setOptions(options);
  useLayoutEffect(() => rows._didMount(), [rows]);
  useLayoutEffect(() => {
    rows._willUpdate();
  });
  return rows;
}
