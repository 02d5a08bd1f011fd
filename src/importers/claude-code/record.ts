import { isTime } from "../../session/time.ts";
import { isJsonObject, mergedObject, type Json, type JsonObject } from "../../session/json/json.ts";
import { parsedMessage, type Message } from "../../session/message.ts";

/** The role of what is not part of the conversation, before its type: `claude-code:progress`. */
const BESIDES = "claude-code:";

/**
 * Whether this is a record that Claude Code writes. It names its session, or is one of the few that belong to a
 * message instead; a message nested in another record is none.
 */
export function isClaudeRecord(value: Json): value is JsonObject {
  if (!isJsonObject(value) || typeof value["type"] !== "string") return false;
  if (value["type"] === "summary") return typeof value["summary"] === "string" && "leafUuid" in value;
  if (value["type"] === "file-history-snapshot") return isJsonObject(value["snapshot"]);
  if (typeof value["sessionId"] !== "string") return false;
  return value["type"] !== "user" && value["type"] !== "assistant" ? true : isJsonObject(value["message"]);
}

/** Whether the record is a turn of the conversation, rather than a note beside it. */
export function isConversation(record: JsonObject): boolean {
  if (record["type"] !== "user" && record["type"] !== "assistant") return false;
  const message = record["message"];
  if (!isJsonObject(message) || message["content"] === undefined) return false;
  const { role } = message;
  // A role that looks like the mark of a note could not be told from one.
  return typeof role === "string" && !role.startsWith(BESIDES);
}

/**
 * The record as a message, nothing of it lost (see `recordFromMessage`). A turn keeps its role and its content
 * untouched, with what else was in the record under `record`; any other record is the content as a whole. Takes the
 * record over: it is frozen.
 */
export function messageFromRecord(record: JsonObject): Message {
  const marks: { id?: Json; at?: Json } = {};
  if (typeof record["uuid"] === "string") marks.id = record["uuid"];
  const at = record["timestamp"];
  if (at !== undefined && isTime(at)) marks.at = at;
  if (!isConversation(record)) {
    const type = typeof record["type"] === "string" ? record["type"] : "record";
    return parsedMessage({ role: BESIDES + type, content: record, ...marks });
  }
  const inner = record["message"] as JsonObject;
  const envelope = mergedObject([inner], (key) => key !== "role" && key !== "content");
  const rest = mergedObject(
    [record, { message: envelope }],
    (key) => !(key === "uuid" && "id" in marks) && !(key === "timestamp" && "at" in marks),
  );
  const { role, content } = inner;
  return parsedMessage({ role, content, ...marks, record: rest } as JsonObject);
}

/** The record that a message was made from; `undefined` for a message that was not imported from Claude Code. */
export function recordFromMessage(message: Message): JsonObject | undefined {
  if (message.role.startsWith(BESIDES)) return message.content as JsonObject;
  const { record, role, content, id, at } = message;
  if (!isJsonObject(record) || !isJsonObject(record["message"])) return undefined;
  const marks: Record<string, Json> = {};
  if (id !== undefined) marks["uuid"] = id;
  if (at !== undefined) marks["timestamp"] = at;
  return mergedObject([record, { message: mergedObject([record["message"], { role, content }]) }, marks]);
}
