import type { AgentInputItem } from "@openai/agents-core";
import { InvalidMessageError } from "../../session/errors/errors.ts";
import { frozenJson, isJsonObject, type Json, type JsonObject } from "../../session/json/json.ts";
import { Message } from "../../session/message.ts";

/**
 * An item as a message. One with a role and a text (or parts) is one as it is; of any other (a call, a result,
 * reasoning) the message's content is the item.
 * @throws {InvalidMessageError} when it is no JSON object.
 */
export function messageFromItem(item: AgentInputItem): Message {
  let copy: Json;
  try {
    copy = frozenJson(item, "item");
  } catch (error) {
    throw new InvalidMessageError((error as Error).message, { cause: error });
  }
  if (!isJsonObject(copy)) throw new InvalidMessageError("an item must be an object");
  return Message.from(isMessage(copy) ? copy : { role: roleOf(copy), content: copy });
}

/** The item that a message was made from, the caller's own; a message of another origin as it is. */
export function itemFromMessage(message: Message): AgentInputItem {
  const { content } = message;
  const isItem = isJsonObject(content) && typeof content["type"] === "string";
  return structuredClone<unknown>(isItem ? content : message) as AgentInputItem;
}

function isMessage(item: JsonObject): boolean {
  const { role, content, id, at } = item;
  return (
    typeof role === "string" &&
    (typeof content === "string" || Array.isArray(content)) &&
    [id, at].every((mark) => mark === undefined || typeof mark === "string")
  );
}

/** Whatever a tool answered is the tool's; all other items come from the model. */
function roleOf({ type }: JsonObject): string {
  return typeof type === "string" && /_(result|output|response)$/.test(type) ? "tool" : "assistant";
}
