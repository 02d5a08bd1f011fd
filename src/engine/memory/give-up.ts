import type { SessionHead } from "../../session/head.ts";
import { EMPTY_HEAD } from "../../session/head.ts";
import { jsonText } from "../../session/json/json.ts";
import type { Message } from "../../session/message.ts";
import { sideEntries, sideLists, type SideEntry } from "../../session/side-lists.ts";
import type { StoredCommit } from "../contract.ts";
import { firstKept, type GivenUp, type KeptFrom } from "../give-up.ts";

/** A kept session without the history before a revision or a time, which its first commit restates. */
export function shortened(
  history: readonly StoredCommit[],
  from: KeptFrom,
): { readonly history: StoredCommit[]; readonly gone: readonly StoredCommit[]; readonly told: GivenUp } {
  const begins = firstKept(history, from) ?? 1;
  const gone = history.filter(({ revision }) => revision <= begins);
  const rest = history.filter(({ revision }) => revision > begins);
  const last = gone.at(-1);
  const revisions = Math.max(gone.length - 1, 0);
  if (last === undefined || revisions === 0)
    return { history: [...history], gone: [], told: { begins, revisions: 0, bytes: 0 } };
  const kept = [restated(gone, last), ...rest];
  const told = { begins, revisions, bytes: bytesOf(history) - bytesOf(kept) };
  return { history: kept, gone: gone.slice(0, -1), told };
}

function restated(commits: readonly StoredCommit[], last: StoredCommit): StoredCommit {
  let head: SessionHead = EMPTY_HEAD;
  let messages: readonly Message[] = [];
  const side: SideEntry[] = [];
  for (const { splice, set, side: added } of commits) {
    head = { ...head, ...set };
    for (const entry of sideEntries(added)) side.push(entry);
    if (splice === undefined) continue;
    const [start, deleteCount, inserted] = splice;
    messages = [...messages.slice(0, start), ...inserted, ...messages.slice(start + deleteCount)];
  }
  const { tokenCount: _, ...set } = head;
  return { ...last, splice: [0, 0, messages], set, side: sideLists(side) };
}

/** Of the JSON text of every message that is stored. */
function bytesOf(history: readonly StoredCommit[]): number {
  let bytes = 0;
  for (const { splice } of history)
    for (const message of splice?.[2] ?? []) bytes += Buffer.byteLength(jsonText(message));
  return bytes;
}
