import { jsonEquals } from "../../session/json/json.ts";
import type { Message } from "../../session/message.ts";

/**
 * The stored messages with what a chat's client sent worked in, by message id; equal ones are the very same objects.
 *
 * A client may not have seen all that is stored: another tab wrote too. So what it did not send stays, except what it
 * replaced: the answer that stands where its new answer goes (a regeneration), and what followed a user's message
 * that it sends with another content (an edit). A new answer goes behind what it answers, anything else new to the end.
 *
 * Sending the same again changes nothing.
 */
export function mergeMessages(stored: readonly Message[], sent: readonly Message[]): Message[] {
  const merged = [...stored];
  const storedIds = new Set(stored.map(({ id }) => id));
  const sentIds = new Set(sent.map(({ id }) => id));
  const lastKnown = sent.findLastIndex(({ id }) => storedIds.has(id));
  let same = 0;
  while (same < sent.length && isSame(stored[same], sent[same])) same++;
  let before = same - 1;
  for (const [index, message] of sent.entries()) {
    if (index < same) continue;
    const at = merged.findIndex(({ id }) => id === message.id);
    const old = merged[at];
    if (old !== undefined) {
      before = at;
      if (jsonEquals(old, message)) continue;
      merged[at] = message;
      const edited = message.role === "user" && index === lastKnown;
      if (edited) merged.length = at + 1;
      continue;
    }
    const next = merged[before + 1];
    const isAnswer = message.role === "assistant";
    if (isAnswer && next?.role === "assistant" && !sentIds.has(next.id)) merged[before + 1] = message;
    else if (isAnswer || index < lastKnown) merged.splice(before + 1, 0, message);
    else merged.push(message);
    before = merged.indexOf(message);
  }
  return merged;
}

function isSame(stored: Message | undefined, sent: Message | undefined): boolean {
  return stored?.id === sent?.id && jsonEquals(stored, sent);
}
