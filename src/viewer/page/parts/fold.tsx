import type { ComponentChildren, VNode } from "preact";
import { useEffect, useState } from "preact/hooks";

interface Props {
  readonly class: string;
  readonly head: ComponentChildren;
  /** Something within it is looked for. */
  readonly isWanted: boolean;
  /** Made when it is opened. */
  readonly children: () => ComponentChildren;
}

/** One line that opens. */
export function Fold({ class: name, head, isWanted, children }: Props): VNode {
  const [isOpen, setOpen] = useState(isWanted);
  useEffect(() => {
    if (isWanted) setOpen(true);
  }, [isWanted]);
  return (
    <div class={`fold ${name}`}>
      <button type="button" class="fold-head" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <span class="twist" aria-hidden="true">
          {isOpen ? "▾" : "▸"}
        </span>
        {head}
      </button>
      {isOpen && <div class="fold-body">{children()}</div>}
    </div>
  );
}
