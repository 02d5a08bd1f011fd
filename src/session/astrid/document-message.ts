import {
  isJsonObject,
  jsonEquals,
  jsonText,
  mergedObject,
  parseJson,
  type Json,
  type JsonObject,
} from "../json/json.ts";
import { LEVEL, mayBeUnreadable, readable, readableText } from "./readable.ts";

/**
 * The key under which a document of ours keeps the exact state of what Astrid cannot read, in a message and beside
 * the head. Astrid takes no notice of keys that it does not know, whatever their values are.
 */
export const EXACT_KEY = "astrid_sessions_exact";

/**
 * The JSON text of a message as a document has it: the very same bytes where Astrid's parser can read them. Else role
 * and content as it can, and the message itself under `EXACT_KEY`.
 * @param text a message's JSON text, as a journal holds it.
 */
export function documentText(text: Buffer): Buffer {
  if (!mayBeUnreadable(text) && !text.includes(QUOTED_KEY)) return text;
  const message = parseJson(text.toString("utf8")) as JsonObject;
  if (isReadable(message)) return text;
  const visible = jsonText(visibleOf(message)).slice(0, -1);
  return Buffer.concat([Buffer.from(`${visible},${QUOTED_KEY}:`), text, Buffer.from("}")]);
}

/**
 * The message that an element of a document's `messages` stands for: what is kept under `EXACT_KEY`, unless somebody
 * has changed what stands beside it.
 */
export function exactMessage(value: Json): Json {
  if (!isJsonObject(value) || !Object.hasOwn(value, EXACT_KEY)) return value;
  const exact = value[EXACT_KEY];
  if (isJsonObject(exact) && typeof exact["role"] === "string" && exact["content"] !== undefined) {
    const { role, content } = visibleOf(exact);
    if (value["role"] === role && jsonEquals(value["content"], content)) return exact;
  }
  return mergedObject([value], (key) => key !== EXACT_KEY);
}

/** The JSON text of the message that a line of a document's `messages` stands for: the inverse of `documentText`. */
export function exactText(line: Buffer): Buffer {
  if (!line.includes(QUOTED_KEY)) return line;
  const value = parseJson(line.toString("utf8"));
  const exact = exactMessage(value);
  return exact === value ? line : Buffer.from(jsonText(exact));
}

const QUOTED_KEY = `"${EXACT_KEY}"`;

/** Values of keys that Astrid does not know are skipped unread; the keys are not. */
function isReadable(message: JsonObject): boolean {
  if (Object.hasOwn(message, EXACT_KEY) || !Object.keys(message).every((key) => key.isWellFormed()))
    return false;
  const { role, content } = message as { role: string; content: Json };
  return role.isWellFormed() && readable(content, LEVEL.ofContent) === content;
}

function visibleOf(message: JsonObject): { role: string; content: Json } {
  const { role, content } = message as { role: string; content: Json };
  return { role: readableText(role), content: readable(content, LEVEL.ofContent) };
}
