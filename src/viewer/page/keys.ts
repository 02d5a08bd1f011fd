import { useEffect, useRef } from "preact/hooks";

export type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>;

/** With Ctrl or Cmd, while somebody types too. */
const WITH_CONTROL: Readonly<Record<string, string>> = { f: "find", k: "palette" };

/** What keys do while nobody types; `Ctrl f` and `Cmd f` are `find`, with `k` it is `palette`. */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const control = (event.ctrlKey || event.metaKey) && !event.altKey ? WITH_CONTROL[event.key] : undefined;
      const name = control ?? (event.ctrlKey || event.metaKey || event.altKey ? "" : event.key);
      const isTyping =
        event.target instanceof Element &&
        event.target.closest("input:not([type=checkbox]), textarea, dialog") !== null;
      if (isTyping && control === undefined) return;
      // A button that has the focus is pressed by its own keys.
      if (
        name === "Enter" &&
        event.target instanceof Element &&
        event.target.closest("button, a, summary") !== null
      )
        return;
      const action = latest.current[name];
      if (action === undefined) return;
      event.preventDefault();
      action(event);
    };
    document.addEventListener("keydown", pressed);
    return () => {
      document.removeEventListener("keydown", pressed);
    };
  }, []);
}
