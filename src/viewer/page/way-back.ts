import { go, stepsFromList } from "./address.ts";

/** What was opened from the list last, for as long as the page is there. */
let session: string | undefined;
let place: string | null = null;

/** A session is looked at. */
export function noteOpened(id: string): void {
  session = id;
}

/** The session that was looked at last. */
export function openedLast(): string | undefined {
  return session;
}

/** The find that has the focus in the list, by where it leads; `null` when something else has it. */
export function noteFind(href: string | null): void {
  place = href;
}

/** The find that led to the session that was looked at last. */
export function findLast(): string | null {
  return place;
}

let isLeaving = false;
window.addEventListener("popstate", () => (isLeaving = false));

/** Back to the list as it was; then the browser's way back leads to what was there before it. */
export function toList(): void {
  const steps = stepsFromList();
  if (steps === undefined) go(new URLSearchParams());
  // The browser goes a little later: a second key must not go further.
  else if (!isLeaving) {
    isLeaving = true;
    history.go(-steps);
  }
}
