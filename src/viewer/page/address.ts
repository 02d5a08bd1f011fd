import { useEffect, useState } from "preact/hooks";

/** Everything that says what is shown stands in the address, so that it can be kept, sent and gone back to. */
export type Address = URLSearchParams;

const changed = new EventTarget();

function currentAddress(): Address {
  return new URLSearchParams(location.search);
}

/** How many addresses the list is behind; `undefined` where the page was opened at a session. The browser keeps it. */
export function stepsFromList(): number | undefined {
  if (!currentAddress().has("session")) return 0;
  return (history.state as { readonly steps?: number } | null)?.steps;
}

/** Goes to another address; `replace` leaves no way back to this one. */
export function go(address: Address, how: "push" | "replace" = "push"): void {
  const query = address.toString();
  const url = query === "" ? "./" : `?${query}`;
  const steps = stepsFromList();
  if (how === "push") history.pushState(steps === undefined ? null : { steps: steps + 1 }, "", url);
  else history.replaceState(history.state, "", url);
  changed.dispatchEvent(new Event("change"));
}

/** The address with some parts changed; `null` takes one away. */
export function withParts(address: Address, parts: Readonly<Record<string, string | null>>): Address {
  const next = new URLSearchParams(address);
  for (const [name, value] of Object.entries(parts)) {
    if (value === null) next.delete(name);
    else next.set(name, value);
  }
  return next;
}

export function hrefOf(parts: Readonly<Record<string, string>>): string {
  return `?${new URLSearchParams(parts).toString()}`;
}

export function useAddress(): Address {
  const [address, setAddress] = useState(currentAddress);
  useEffect(() => {
    const look = (): void => setAddress(currentAddress());
    window.addEventListener("popstate", look);
    changed.addEventListener("change", look);
    return () => {
      window.removeEventListener("popstate", look);
      changed.removeEventListener("change", look);
    };
  }, []);
  return address;
}

/** A click that means "show it here"; any other is the browser's. */
export function isPlainClick(event: MouseEvent): boolean {
  return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
}
