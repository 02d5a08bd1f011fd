import type { Commit, Committed } from "../../session/commit.ts";
import { EMPTY_HEAD, headChanges, type SessionHead } from "../../session/head.ts";
import type { Message } from "../../session/message.ts";

/** What of a session object is stored: the very objects, so that a difference shows by identity. */
export interface SavedState {
  readonly head: SessionHead;
  /** The session's array as it was; only the first `length` messages of it were stored. */
  readonly messages: readonly Message[];
  readonly length: number;
  readonly committed: Committed;
}

/** The commit that leads from what is stored to the session as it is now; `undefined` when nothing changed. */
export function changeBetween(
  saved: SavedState | undefined,
  head: SessionHead,
  messages: readonly Message[],
): Pick<Commit, "splice" | "set"> | undefined {
  const set = headChanges(saved?.head ?? EMPTY_HEAD, head);
  const splice = spliceBetween(saved, messages);
  return set === undefined && splice === undefined ? undefined : { set, splice };
}

/** How many messages stand where they stood, from the first; `undefined` when all do that were stored. */
export function keptBeginning(
  saved: SavedState | undefined,
  messages: readonly Message[],
): number | undefined {
  if (saved === undefined || saved.messages === messages) return undefined;
  let kept = 0;
  while (kept < saved.length && saved.messages[kept] === messages[kept]) kept++;
  return kept === saved.length ? undefined : kept;
}

function spliceBetween(saved: SavedState | undefined, messages: readonly Message[]): Commit["splice"] {
  if (saved === undefined) return messages.length === 0 ? undefined : [0, 0, messages.slice()];
  const { messages: old, length } = saved;
  // The same array has only grown: what is behind the stored length is new.
  if (old === messages) return messages.length === length ? undefined : [length, 0, messages.slice(length)];
  const shorter = Math.min(length, messages.length);
  let start = 0;
  while (start < shorter && old[start] === messages[start]) start++;
  let behind = 0;
  while (behind < shorter - start && old[length - 1 - behind] === messages[messages.length - 1 - behind])
    behind++;
  const deleteCount = length - start - behind;
  const inserted = messages.slice(start, messages.length - behind);
  return deleteCount === 0 && inserted.length === 0 ? undefined : [start, deleteCount, inserted];
}
