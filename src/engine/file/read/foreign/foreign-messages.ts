import { isSameToAstrid, messageToAstrid } from "../../../../session/astrid/message.ts";
import { isJsonObject, jsonEquals, jsonText, type Json } from "../../../../session/json/json.ts";
import type { Message } from "../../../../session/message.ts";

/** Whether a message of someone else's document is one of ours, as it is or as Astrid writes it. */
export function isSameMessage(ours: Message, theirs: Message): boolean {
  return jsonEquals(ours, theirs) || isSameToAstrid(ours, theirs);
}

/**
 * How many of someone else's messages are all of ours, in order; what Astrid leaves out may be missing among them.
 * `undefined` when they are not all there.
 */
export function consumed(ours: readonly Message[], theirs: readonly Message[]): number | undefined {
  let at = 0;
  for (const message of ours) {
    const other = theirs[at];
    if (other !== undefined && isSameMessage(message, other)) at++;
    else if (messageToAstrid(message) !== undefined) return undefined;
  }
  return at;
}

/** Identifies messages as Astrid writes them, whatever the order of their keys, and the last places of fractions. */
export function digestOf(messages: readonly Message[]): string {
  const hash = process.getBuiltinModule("node:crypto").createHash("sha256");
  for (const message of messages) hash.update(formOf(message)).update("\n");
  return hash.digest("hex").slice(0, 16);
}

/** A message as Astrid writes it: the same for each form in which it may come back. */
export function formOf(message: Message): string {
  return sortedText(rounded(messageToAstrid(message) ?? message));
}

/** How many messages two lists have in common, in whatever order. */
export function inCommon(some: readonly Message[], others: readonly Message[]): number {
  if (some.length === 0 || others.length === 0) return 0;
  const left = new Map<string, number>();
  for (const message of some) {
    const form = formOf(message);
    left.set(form, (left.get(form) ?? 0) + 1);
  }
  let count = 0;
  for (const message of others) {
    const form = formOf(message);
    const times = left.get(form) ?? 0;
    if (times > 0) count++;
    left.set(form, times - 1);
  }
  return count;
}

/** Astrid's parser may be off by one in the last place, each time that it reads what it wrote. */
function rounded(value: Json): Json {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : Number(value.toPrecision(6));
  if (Array.isArray(value)) return (value as readonly Json[]).map(rounded);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rounded(item)]));
}

/** JSON text that does not depend on the order of keys. */
export function sortedText(value: Json): string {
  return jsonText(sorted(value));
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(sorted);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key] as Json)]),
  );
}
