import { useEffect, useRef } from "preact/hooks";

export type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>;

/** What keys do while nobody types; `Ctrl f` and `Cmd f` are `find`. */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const isFind = (event.ctrlKey || event.metaKey) && !event.altKey && event.key === "f";
      const name = isFind ? "find" : event.ctrlKey || event.metaKey || event.altKey ? "" : event.key;
      const isTyping =
        event.target instanceof Element &&
        event.target.closest("input:not([type=checkbox]), textarea, dialog") !== null;
      if (isTyping && name !== "find") return;
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
