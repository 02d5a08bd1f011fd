import { useLayoutEffect, useRef } from "preact/hooks";

export type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>;

/** With Ctrl or Cmd. */
const WITH_CONTROL: Readonly<Record<string, string>> = { f: "find", k: "palette", z: "undo" };
/** Of these, those that are meant while somebody types, too: what was typed is taken back by the browser. */
const WHILE_TYPING: ReadonlySet<string | undefined> = new Set(["find", "palette"]);

/** Who listens, the last come last. */
const listeners: { readonly current: Keys }[] = [];

function pressed(event: KeyboardEvent): void {
  const control = (event.ctrlKey || event.metaKey) && !event.altKey ? WITH_CONTROL[event.key] : undefined;
  const name = control ?? (event.ctrlKey || event.metaKey || event.altKey ? "" : event.key);
  const isWithin = (selector: string): boolean =>
    event.target instanceof Element && event.target.closest(selector) !== null;
  const isTyping = isWithin("input:not([type=checkbox]), textarea, dialog");
  if (isTyping && !WHILE_TYPING.has(control)) return;
  // A button that has the focus is pressed by its own keys.
  if (name === "Enter" && isWithin("button, a, summary")) return;
  const action = listeners.findLast(({ current }) => current[name] !== undefined)?.current[name];
  if (action === undefined) return;
  event.preventDefault();
  action(event);
}

/**
 * What keys do while nobody types; with Ctrl or Cmd `f` is `find`, `k` is `palette`, `z` is `undo`. Of several that want
 * a key the one that came last has it.
 */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  // Before the next key comes.
  useLayoutEffect(() => {
    if (listeners.length === 0) document.addEventListener("keydown", pressed);
    listeners.push(latest);
    return () => {
      listeners.splice(listeners.indexOf(latest), 1);
      if (listeners.length === 0) document.removeEventListener("keydown", pressed);
    };
  }, []);
}
