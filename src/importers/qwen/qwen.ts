import { isJsonObject, type Json, type JsonObject } from "../../session/json/json.ts";
import { isSessionId, type SessionId } from "../../session/session-id.ts";
import {
  callBlock,
  holdsMedia,
  objectIn,
  objectsIn,
  resultBlock,
  textBlock,
  textIn,
  thinkingBlock,
} from "../draft/blocks.ts";
import type { Harvest } from "../draft/harvest.ts";
import { draftMessage } from "../draft/message.ts";
import { tokenNumber, type Usage } from "../draft/usage.ts";
import { derivedSessionId } from "../identity.ts";
import type { Importer, RecordReader } from "../importer.ts";

/** Qwen Code's chats: Claude Code's envelope around Gemini's parts. */
export const qwen: Importer = {
  format: "qwen",
  version: 1,
  shape: "lines",
  recognises: ({ records }) => records.some(isQwenRecord),
  begin: (harvest) => new QwenReader(harvest),
};

function isQwenRecord({ sessionId, message }: JsonObject): boolean {
  return typeof sessionId === "string" && isJsonObject(message) && Array.isArray(message["parts"]);
}

class QwenReader implements RecordReader {
  readonly #harvest: Harvest;
  /** How long the conversation is behind each record. */
  readonly #places = new Map<string, number>();

  constructor(harvest: Harvest) {
    this.#harvest = harvest;
    const { records, lastRecords, idInName } = harvest.beginning;
    const ids = [...lastRecords, ...records].map(({ sessionId }) => textIn(sessionId));
    const named =
      idInName !== undefined && ids.includes(idInName) ? idInName : ids.find((id) => id !== undefined);
    if (named !== undefined) harvest.main.id = sessionIdFor(named);
  }

  record(record: JsonObject): void {
    const { main } = this.#harvest;
    const { facts, conversation } = main;
    const uuid = textIn(record["uuid"]);
    if (uuid !== undefined && this.#places.has(uuid)) return;
    main.id ??= sessionIdFor(textIn(record["sessionId"]) ?? "");
    facts.workspacePath ??= textIn(record["cwd"]) ?? null;
    facts.branch = textIn(record["gitBranch"]) ?? facts.branch;
    const parent = this.#places.get(textIn(record["parentUuid"]) ?? "");
    if (parent !== undefined) conversation.leave(parent);
    const message = record["message"];
    const at = facts.sawTime(record["timestamp"], isJsonObject(message));
    if (isJsonObject(message)) this.#message(record, objectsIn(message["parts"]), uuid, at);
    if (uuid !== undefined) this.#places.set(uuid, conversation.length);
  }

  #message(
    record: JsonObject,
    parts: readonly JsonObject[],
    id: string | undefined,
    at: string | undefined,
  ): void {
    const { facts, conversation } = this.#harvest.main;
    if (record["type"] === "assistant") {
      const model = textIn(record["model"]);
      facts.model = model ?? facts.model;
      const usage = isJsonObject(record["usageMetadata"]) ? usageOf(record["usageMetadata"]) : undefined;
      if (usage !== undefined) facts.usage.add(id, at, model ?? null, usage);
      const calls = parts.filter(({ functionCall }) => isJsonObject(functionCall)).length;
      const content = parts.flatMap(blockOf);
      conversation.push(draftMessage({ role: "assistant", content, id, at, model, usage }), { calls });
      return;
    }
    const results = parts.filter(({ functionResponse }) => isJsonObject(functionResponse));
    if (results.length > 0) {
      const content = results.map(({ functionResponse }) => resultOf(objectIn(functionResponse)));
      conversation.push(draftMessage({ role: "tool", content, id, at }), { answersCalls: true });
      return;
    }
    if (record["type"] !== "user") return;
    const text = parts.map((part) => textIn(part["text"]) ?? "").join("\n");
    const kind = facts.sawPrompt(text) ?? (holdsMedia(parts) ? "prompt" : undefined);
    const content = parts.flatMap(blockOf);
    const made = draftMessage({ role: "user", content, id, at, meta: kind === undefined });
    conversation.push(made, { prompt: kind === "prompt", answersCalls: kind === undefined });
  }
}

function sessionIdFor(named: string): SessionId {
  const id = named.toLowerCase();
  return isSessionId(id) ? id : derivedSessionId("qwen", "session", named);
}

function blockOf(part: JsonObject): Json[] {
  const text = textIn(part["text"]);
  if (text !== undefined) return [part["thought"] === true ? thinkingBlock(text) : textBlock(text)];
  if (!isJsonObject(part["functionCall"])) return Object.keys(part).length === 0 ? [] : [part];
  const { id, name, args } = part["functionCall"];
  return [callBlock(id, name, args)];
}

function resultOf({ id, response }: JsonObject): JsonObject {
  const { output, error } = objectIn(response);
  return resultBlock(id, output ?? error ?? response, error !== undefined);
}

function usageOf(usage: JsonObject): Usage {
  const cached = tokenNumber(usage["cachedContentTokenCount"]);
  const thoughts = tokenNumber(usage["thoughtsTokenCount"]);
  return {
    input: Math.max(tokenNumber(usage["promptTokenCount"]) - cached, 0),
    output: tokenNumber(usage["candidatesTokenCount"]) + thoughts,
    cacheRead: cached,
    cacheWrite: 0,
    reasoning: thoughts,
  };
}
