import { createHash } from "node:crypto";
import type { Json, JsonObject } from "../session/json/json.ts";
import { parseSessionId, type SessionId } from "../session/session-id.ts";

/**
 * The same id for the same name, always: so that importing a file again finds the session of the first time. A UUID
 * of version 8 (RFC 9562: a format of our own), from a SHA-256.
 */
export function derivedSessionId(...name: readonly string[]): SessionId {
  const hash = createHash("sha256").update(JSON.stringify(name)).digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x80, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString("hex");
  const groups = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)];
  return parseSessionId(groups.join("-"));
}

/** Equal for equal JSON, whatever the order of keys: an engine may keep them in another order than the file. */
export function contentHash(value: Json): string {
  const hash = createHash("sha256");
  let text = "";
  const pending: (Json | Literal)[] = [value];
  while (pending.length > 0) {
    const item = pending.pop() as Json | Literal;
    if (item instanceof Literal) text += item.text;
    else if (typeof item !== "object" || item === null) text += scalar(item);
    else pushParts(item, pending);
    if (text.length > 1 << 16) {
      hash.update(text);
      text = "";
    }
  }
  return hash.update(text).digest("base64");
}

/** Text between values, told apart from the values themselves. */
class Literal {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const CLOSE_ARRAY = new Literal("]");
const CLOSE_OBJECT = new Literal("}");
const COMMA = new Literal(",");

function pushParts(container: readonly Json[] | JsonObject, pending: (Json | Literal)[]): void {
  if (Array.isArray(container)) {
    pending.push(CLOSE_ARRAY);
    for (let index = container.length - 1; index >= 0; index--) pending.push(COMMA, container[index] as Json);
    pending.push(new Literal("["));
    return;
  }
  pending.push(CLOSE_OBJECT);
  const keys = Object.keys(container).sort().reverse();
  for (const key of keys) {
    pending.push((container as JsonObject)[key] as Json, new Literal(`${JSON.stringify(key)}:`));
  }
  pending.push(new Literal("{"));
}

function scalar(value: null | boolean | number | string): string {
  if (typeof value === "string") return JSON.stringify(value);
  return Object.is(value, -0) ? "-0" : String(value);
}
