import { isJsonObject, type Json, type JsonObject } from "../../session/json/json.ts";
import { callBlock, holdsMedia, objectIn, objectsIn, resultBlock, textIn, textOf } from "../draft/blocks.ts";
import type { Harvest } from "../draft/harvest.ts";
import { draftMessage } from "../draft/message.ts";
import { derivedSessionId } from "../identity.ts";
import type { SessionId } from "../../session/session-id.ts";

/** A message of goose's, from a row or a line. */
export interface GooseMessage {
  readonly id: string | undefined;
  readonly role: string;
  readonly at: string | undefined;
  readonly blocks: readonly JsonObject[];
  /** Who is shown it: the person, the model. */
  readonly metadata: JsonObject;
}

/**
 * Our id of goose's session. In the database ids are counted by day (`20260110_3`), on each machine anew, so that the
 * time of creation is needed to tell them apart; older ones are a time themselves, or a name.
 */
export function gooseSessionId(id: string, created: string): SessionId {
  const isCounted = /^\d{8}_\d{1,5}$/.test(id);
  return isCounted
    ? derivedSessionId("goose", "session", id, created)
    : derivedSessionId("goose", "session", id);
}

/** Puts goose's messages into a conversation. */
export class GooseConversation {
  readonly #harvest: Harvest;
  /** A summary has hidden from the model what was said before. */
  #isHidden = false;

  constructor(harvest: Harvest) {
    this.#harvest = harvest;
  }

  push({ id, role, at, blocks, metadata }: GooseMessage): void {
    const { facts, conversation } = this.#harvest.main;
    const [isShown, isSent] = [metadata["userVisible"] !== false, metadata["agentVisible"] !== false];
    // Neither the person nor the model has it any more: an earlier summary.
    if (!isShown && !isSent) return;
    const content = blocks.flatMap((block) => this.#block(block));
    if (role !== "user" && role !== "assistant") {
      this.#harvest.problem(`a message has the unknown role ${JSON.stringify(role)}`);
      return;
    }
    const compaction = !isShown && this.#isHidden ? { keeps: 0 } : undefined;
    this.#isHidden = isShown && !isSent;
    const isMeta = !isShown || blocks.some(({ type }) => type === "systemNotification");
    if (role === "assistant") {
      const calls = content.filter(({ type }) => type === "tool_use").length;
      conversation.push(draftMessage({ role, content, id, at, compaction, meta: isMeta }), { calls });
    } else if (content.length > 0 && content.every(({ type }) => type === "tool_result"))
      conversation.push(draftMessage({ role: "tool", content, id, at }), { answersCalls: true });
    else {
      const text = textOf(content);
      const said = isMeta || text === "" ? undefined : facts.sawPrompt(text);
      const kind = said ?? (!isMeta && holdsMedia(content) ? "prompt" : undefined);
      const message = draftMessage({ role, content, id, at, compaction, meta: kind === undefined });
      conversation.push(message, { prompt: kind === "prompt" });
    }
  }

  #block(block: JsonObject): JsonObject[] {
    switch (block["type"] as string) {
      case "toolRequest":
      case "frontendToolRequest": {
        const call = objectIn(block["toolCall"]);
        const { name, arguments: input } = objectIn(call["value"]);
        // A call that could not be read has an error in place of its name.
        return [call["status"] === "error" ? block : callBlock(block["id"], name, input)];
      }
      case "toolResponse": {
        const { status, value, error } = objectIn(block["toolResult"]);
        if (status === "error") return [resultBlock(block["id"], error, true)];
        return [resultBlock(block["id"], contentIn(value), objectIn(value)["isError"] === true)];
      }
      case "text":
      case "thinking":
      case "image":
      case "redactedThinking":
      case "reasoning":
      case "toolConfirmationRequest":
      case "actionRequired":
      case "systemNotification":
      case "conversationCompacted":
      case "summarizationRequested":
      case "contextLengthExceeded":
        return [block];
      default:
        this.#harvest.problem(`a block of the unknown type ${JSON.stringify(block["type"])}`, {
          lost: false,
        });
        return [block];
    }
  }
}

/** A result's content: older versions have the list itself. */
function contentIn(value: Json | undefined): Json {
  if (Array.isArray(value)) return value as Json;
  return isJsonObject(value) ? (value["content"] ?? value) : (value ?? "");
}

/** The blocks of a content, from a column's text or as they are; `undefined` when it is no list. */
export function blocksIn(content: Json | undefined): readonly JsonObject[] | undefined {
  return Array.isArray(content) ? objectsIn(content) : undefined;
}

/** The model that a session's settings name. */
export function modelIn(settings: JsonObject): string | undefined {
  return textIn(settings["model_name"]) ?? textIn(settings["modelName"]) ?? textIn(settings["model"]);
}
