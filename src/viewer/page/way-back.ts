import { go, type Address } from "./address.ts";

/** Where somebody was in the list before a session was opened, for as long as the page is there. */
let list = "";
let session: string | undefined;

/** The list is narrowed to this now. */
export function noteList(address: Address): void {
  list = address.toString();
}

/** A session is looked at. */
export function noteOpened(id: string): void {
  session = id;
}

/** The session that was looked at last. */
export function openedLast(): string | undefined {
  return session;
}

/** Back to the list as it was. */
export function toList(): void {
  go(new URLSearchParams(list));
}
