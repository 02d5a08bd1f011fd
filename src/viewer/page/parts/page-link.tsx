import type { ComponentChildren, VNode } from "preact";
import { go, hrefOf, isPlainClick } from "../address.ts";

interface Props {
  /** Of the address that it leads to. */
  readonly parts: Readonly<Record<string, string>>;
  readonly class?: string;
  readonly children: ComponentChildren;
}

/** A link within the page: a plain click shows it here, any other is the browser's. */
export function PageLink({ parts, class: name, children }: Props): VNode {
  return (
    <a
      class={name}
      href={hrefOf(parts)}
      onClick={(event) => {
        if (!isPlainClick(event)) return;
        event.preventDefault();
        go(new URLSearchParams(parts));
      }}
    >
      {children}
    </a>
  );
}
