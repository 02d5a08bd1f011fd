import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";

/** Something that was done, and how it is taken back. */
export interface Notice {
  readonly text: string;
  readonly undo?: (() => Promise<void>) | undefined;
}

let show: (notice: Notice) => void = () => undefined;

/** Tells it at the foot of the page, until something else is told or it is put away. */
export function tell(notice: Notice): void {
  show(notice);
}

export function tellError(error: unknown): void {
  show({ text: error instanceof Error ? error.message : String(error) });
}

export function Notices(): VNode {
  const [notice, setNotice] = useState<Notice | undefined>();
  useEffect(() => {
    show = setNotice;
  }, []);
  const undo = notice?.undo;
  return (
    <div class="notices" role="status" aria-live="polite">
      {notice !== undefined && (
        <div class="notice">
          <span>{notice.text}</span>
          {undo !== undefined && (
            <button
              type="button"
              class="strong"
              onClick={() => {
                setNotice(undefined);
                undo().catch(tellError);
              }}
            >
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
