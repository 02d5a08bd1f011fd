import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import type { FindResult } from "../../shapes.ts";
import { tellError } from "../notice.tsx";
import { ask, isAbort } from "../server.ts";

/** Where a text stands in the whole session. */
export function useFind(
  id: string,
  revision: string | null,
  text: string,
  count: number,
): FindResult | undefined {
  const [result, setResult] = useState<FindResult | undefined>();
  useEffect(() => {
    if (text === "") {
      setResult(undefined);
      return undefined;
    }
    const asking = new AbortController();
    const at = revision === null ? "" : `&revision=${revision}`;
    ask<FindResult>(`sessions/${id}/find?q=${encodeURIComponent(text)}${at}`, asking.signal).then(
      setResult,
      (error: unknown) => {
        if (!isAbort(error)) tellError(error);
      },
    );
    return () => asking.abort();
  }, [id, revision, text, count]);
  return result;
}

const MOST_MARKS = 3000;

/** Marks a text where it is drawn, without changing what is drawn. */
export function useMarks(element: () => HTMLElement | null, text: string): void {
  useLayoutEffect(() => {
    if (!("highlights" in CSS)) return;
    const root = element();
    if (root === null || text === "") {
      CSS.highlights.delete("find");
      return;
    }
    CSS.highlights.set("find", new Highlight(...rangesOf(root, text.toLowerCase())));
  });
}

function rangesOf(root: HTMLElement, wanted: string): Range[] {
  const ranges: Range[] = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode() !== null && ranges.length < MOST_MARKS) {
    const node = walker.currentNode as Text;
    const content = node.data.toLowerCase();
    // Of a letter whose small form is longer, places would not be the same.
    if (content.length !== node.data.length) continue;
    for (let at = content.indexOf(wanted); at >= 0; at = content.indexOf(wanted, at + wanted.length)) {
      const range = new Range();
      range.setStart(node, at);
      range.setEnd(node, at + wanted.length);
      ranges.push(range);
    }
  }
  return ranges;
}
