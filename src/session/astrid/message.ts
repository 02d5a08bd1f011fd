import { isJsonObject, jsonEquals, type Json, type JsonObject } from "../json/json.ts";
import { numberTextOf } from "../json/number.ts";
import { LEVEL, readable } from "./readable.ts";

/** A message as a document has it. */
export interface DocumentMessage extends JsonObject {
  readonly role: string;
  readonly content: Json;
}

const ROLES: ReadonlySet<string> = new Set(["system", "user", "assistant", "tool"]);

/**
 * What Astrid reads of a message, and writes when it saves: role and content in one of its four shapes, further keys
 * dropped. `undefined` for a message that it leaves out.
 */
export function messageToAstrid({ role, content }: DocumentMessage): DocumentMessage | undefined {
  if (!ROLES.has(role)) return undefined;
  const shaped = contentToAstrid(readable(content, LEVEL.ofContent));
  return shaped === undefined ? undefined : { role, content: shaped };
}

/** Whether `theirs`, a message that Astrid wrote, is what it makes of `ours`. */
export function isSameToAstrid(ours: DocumentMessage, theirs: DocumentMessage): boolean {
  const mine = messageToAstrid(ours);
  const its = messageToAstrid(theirs);
  if (mine === undefined || its === undefined || mine.role !== its.role) return false;
  return jsonEquals(mine.content, its.content) || isNearlyEqual(mine.content, its.content);
}

/** In the order in which Astrid tries them. */
function contentToAstrid(content: Json): Json | undefined {
  if (typeof content === "string") return content;
  return eachOf(content, toolCall) ?? toolResult(content) ?? eachOf(content, part);
}

function eachOf(content: Json, read: (item: Json) => Json | undefined): Json | undefined {
  if (!Array.isArray(content)) return undefined;
  const items = (content as readonly Json[]).map(read);
  return items.includes(undefined) ? undefined : (items as Json[]);
}

function toolCall(item: Json): Json | undefined {
  const fields = fieldsOf(item, ["id", "name", "arguments"], 3);
  if (typeof fields?.["id"] !== "string" || typeof fields["name"] !== "string") return undefined;
  return fields["arguments"] === undefined ? undefined : fields;
}

function toolResult(content: Json): Json | undefined {
  const fields = fieldsOf(content, ["call_id", "content", "is_error"], 2);
  if (typeof fields?.["call_id"] !== "string" || typeof fields["content"] !== "string") return undefined;
  const isError = fields["is_error"] ?? (Object.hasOwn(fields, "is_error") ? null : false);
  return typeof isError === "boolean" ? { ...fields, is_error: isError } : undefined;
}

function part(item: Json): Json | undefined {
  // Of a part that is an array, the type is the first element.
  const type = Array.isArray(item) ? (item as readonly Json[])[0] : isJsonObject(item) ? item["type"] : null;
  const rest = Array.isArray(item) ? (item as readonly Json[]).slice(1) : item;
  if (type === "text") {
    const fields = fieldsOf(rest, ["text"], 1);
    return typeof fields?.["text"] === "string" ? { type, ...fields } : undefined;
  }
  if (type !== "image") return undefined;
  const fields = fieldsOf(rest, ["data", "media_type"], 2);
  const isImage = typeof fields?.["data"] === "string" && typeof fields["media_type"] === "string";
  return isImage ? { type, ...fields } : undefined;
}

/** Those of an object's keys that a struct of Astrid's has. It takes an array of their values as well. */
function fieldsOf(value: Json | undefined, keys: readonly string[], least: number): JsonObject | undefined {
  if (Array.isArray(value)) {
    const values = value as readonly Json[];
    if (values.length < least || values.length > keys.length) return undefined;
    return Object.fromEntries(values.map((field, index) => [keys[index] as string, field]));
  }
  if (!isJsonObject(value)) return undefined;
  return Object.fromEntries(
    keys.filter((key) => Object.hasOwn(value, key)).map((key) => [key, value[key] as Json]),
  );
}

/**
 * The same but for numbers: Astrid keeps whole ones of 64 bits to the letter; the others become doubles, and its
 * parser may be off by one in the last place.
 */
function isNearlyEqual(left: Json, right: Json): boolean {
  if (typeof left !== "object" || left === null || typeof right !== "object" || right === null) {
    return Object.is(left, right);
  }
  const keys = Object.keys(left);
  if (Array.isArray(left) !== Array.isArray(right) || keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => {
    const [mine, its] = [(left as JsonObject)[key], (right as JsonObject)[key]];
    if (mine === undefined || its === undefined || !Object.hasOwn(right, key)) return false;
    if (typeof mine !== "number" || typeof its !== "number") return isNearlyEqual(mine, its);
    const [mineText, itsText] = [numberTextOf(left, key) ?? "", numberTextOf(right, key) ?? ""];
    if (isOf64Bits(mineText) && isOf64Bits(itsText)) return mineText === itsText;
    return mine === its || Math.abs(mine - its) <= Math.abs(mine) * 2 * Number.EPSILON;
  });
}

/** Of a text as JSON writes a number: whether Astrid reads a whole number, and no double. */
function isOf64Bits(text: string): boolean {
  if (!/^-?\d{1,20}$/.test(text)) return false;
  const value = BigInt(text);
  return value >= -(2n ** 63n) && value < 2n ** 64n;
}
