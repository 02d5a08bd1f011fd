import { isJsonObject, jsonEquals, jsonText, type Json, type JsonObject } from "../../../session/json.ts";
import type { Message } from "../../../session/message.ts";

const ASTRID_ROLES = new Set(["system", "user", "assistant", "tool"]);

/**
 * What Astrid makes of a message when it saves the session that it has read: of each of its four shapes it keeps the
 * keys that it knows. `undefined` for a message that it leaves out.
 */
export function asAstridWrites({ role, content }: Message): JsonObject | undefined {
  if (!ASTRID_ROLES.has(role)) return undefined;
  const written = contentAsWritten(content);
  return written === undefined ? undefined : { role, content: wellFormed(written) };
}

function contentAsWritten(content: Json): Json | undefined {
  if (typeof content === "string") return content;
  if (Array.isArray(content)) return itemsAsWritten(content as readonly Json[]);
  if (!isJsonObject(content)) return undefined;
  const { call_id, content: text, is_error = false } = content;
  if (typeof call_id !== "string" || typeof text !== "string" || typeof is_error !== "boolean")
    return undefined;
  return { call_id, content: text, is_error };
}

function itemsAsWritten(items: readonly Json[]): Json | undefined {
  const calls = items.map(callAsWritten);
  if (calls.every((call) => call !== undefined)) return calls;
  const parts = items.map(partAsWritten);
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

function callAsWritten(item: Json): Json | undefined {
  if (!isJsonObject(item)) return undefined;
  const { id, name, arguments: given } = item;
  if (typeof id !== "string" || typeof name !== "string" || given === undefined) return undefined;
  return { id, name, arguments: given };
}

function partAsWritten(item: Json): Json | undefined {
  if (!isJsonObject(item)) return undefined;
  const { type, text, data, media_type } = item;
  if (type === "text" && typeof text === "string") return { type, text };
  if (type !== "image" || typeof data !== "string" || typeof media_type !== "string") return undefined;
  return { type, data, media_type };
}

/** With U+FFFD for each half of a surrogate pair: no other program can hold it. */
function wellFormed(value: Json): Json {
  const text = jsonText(value);
  return /\\u[dD][89a-fA-F]/.test(text)
    ? (JSON.parse(text, (_key, inner: unknown) =>
        typeof inner === "string" ? inner.toWellFormed() : inner,
      ) as Json)
    : value;
}

/** Whether a message of someone else's document is one of ours, as it is or as Astrid writes it. */
export function isSameMessage(ours: Message, theirs: Message): boolean {
  if (ours.role !== theirs.role) return false;
  if (jsonEquals(ours, theirs)) return true;
  const left = asAstridWrites(ours);
  const right = asAstridWrites(theirs);
  return left !== undefined && right !== undefined && jsonEquals(left, right);
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
    else if (asAstridWrites(message) !== undefined) return undefined;
  }
  return at;
}

/** Identifies messages as Astrid writes them, whatever the order of their keys. */
export function digestOf(messages: readonly Message[]): string {
  const hash = process.getBuiltinModule("node:crypto").createHash("sha256");
  for (const message of messages)
    hash.update(jsonText(sorted(asAstridWrites(message) ?? message))).update("\n");
  return hash.digest("hex").slice(0, 16);
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
