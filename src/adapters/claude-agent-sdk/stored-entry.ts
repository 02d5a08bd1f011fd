import type { SessionStoreEntry } from "@anthropic-ai/claude-agent-sdk";
import { messageFromRecord, recordFromMessage } from "../../importers/claude-code/record.ts";
import { InvalidMessageError } from "../../session/errors/errors.ts";
import { frozenJson, isJsonObject, type JsonObject } from "../../session/json/json.ts";
import type { Message } from "../../session/message.ts";

/**
 * An entry as a message: a turn of the conversation with its role and content, anything else as a note beside it.
 * @throws {InvalidMessageError} when it is no JSON object.
 */
export function messageFromEntry(entry: SessionStoreEntry): Message {
  let copy;
  try {
    copy = frozenJson(entry, "entry");
  } catch (error) {
    throw new InvalidMessageError((error as Error).message, { cause: error });
  }
  if (!isJsonObject(copy)) throw new InvalidMessageError("an entry must be an object");
  return messageFromRecord(copy);
}

/** The entry that a message was made from, the caller's own; `undefined` for a message of another origin. */
export function entryFromMessage(message: Message): SessionStoreEntry | undefined {
  const record = recordFromMessage(message);
  return record === undefined ? undefined : (structuredClone<JsonObject>(record) as SessionStoreEntry);
}

/**
 * What makes a retry of an entry recognisable; `undefined` for one that is appended as often as it is given. An empty one
 * tells no entry from another.
 */
export function uuidOf(message: Message): string | undefined {
  return message.id === "" ? undefined : message.id;
}
