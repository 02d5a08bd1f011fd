import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useCommands } from "./commands.ts";
import { useKeys } from "./keys.ts";

/** Something that was done, and how it is taken back. */
export interface Notice {
  readonly text: string;
  readonly undo?: (() => Promise<void>) | undefined;
}

/** So many deeds can be taken back by the key, one after the other. */
const MOST = 50;

let show: (notice: Notice | undefined) => void = () => undefined;
/** What can be taken back, the last deed at the end, also when its notice is gone. */
const done: Notice[] = [];

/** Tells it at the foot of the page, until something else is told or it is put away. */
export function tell(notice: Notice): void {
  if (notice.undo !== undefined) done.push(notice);
  if (done.length > MOST) done.shift();
  show(notice);
}

export function tellError(error: unknown): void {
  show({ text: error instanceof Error ? error.message : String(error) });
}

function takeBack(notice: Notice): void {
  done.splice(done.indexOf(notice), 1);
  show(undefined);
  notice.undo?.().then(() => show({ text: `Taken back: ${notice.text}` }), tellError);
}

export function Notices(): VNode {
  const [notice, setNotice] = useState<Notice | undefined>();
  useEffect(() => {
    show = setNotice;
  }, []);
  const undoLast = (): void => {
    const last = done.at(-1);
    if (last !== undefined) takeBack(last);
  };
  useKeys({ undo: undoLast });
  const last = done.at(-1);
  useCommands(last === undefined ? [] : [{ name: `Undo: ${last.text}`, keys: "Ctrl z", run: undoLast }]);
  return (
    <div class="notices" role="status" aria-live="polite">
      {notice !== undefined && (
        <div class="notice">
          <span>{notice.text}</span>
          {notice.undo !== undefined && (
            <button type="button" class="strong" onClick={() => takeBack(notice)}>
              Undo
            </button>
          )}
          <button type="button" aria-label="Put away" onClick={() => setNotice(undefined)}>
            ×
          </button>
        </div>
      )}
    </div>
  );
}
