import type { ComponentChildren, VNode } from "preact";

/** Why there is nothing to be seen, in a sentence, and what can be done. */
export function State({
  kind,
  title,
  children,
}: {
  kind: "empty" | "loading" | "error";
  title: string;
  children?: ComponentChildren;
}): VNode {
  return (
    <div class={`state ${kind}`} role={kind === "error" ? "alert" : "status"}>
      <p class="state-title">{title}</p>
      {children}
    </div>
  );
}
