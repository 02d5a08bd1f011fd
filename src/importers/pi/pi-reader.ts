import { isJsonObject, type Json, type JsonObject } from "../../session/json/json.ts";
import { isSessionId } from "../../session/session-id.ts";
import { holdsMedia, objectIn, objectsIn, resultBlock, textIn, textOf } from "../draft/blocks.ts";
import type { Harvest } from "../draft/harvest.ts";
import { draftMessage } from "../draft/message.ts";
import { timeOf } from "../draft/facts.ts";
import { tokenNumber, type Usage } from "../draft/usage.ts";
import { derivedSessionId } from "../identity.ts";
import type { RecordReader } from "../importer.ts";

/**
 * A session in pi's form. The conversation is the path that leads to the last entry; the first version of the format had
 * no ids, and is a line.
 */
export class PiReader implements RecordReader {
  readonly #harvest: Harvest;
  /** How long the conversation was in front of each entry, and behind it. */
  readonly #spans = new Map<string, readonly [before: number, behind: number]>();

  constructor(harvest: Harvest, format: string) {
    this.#harvest = harvest;
    const named = textIn(harvest.beginning.records[0]?.["id"]) ?? "";
    const id = named.toLowerCase();
    harvest.main.id = isSessionId(id) ? id : derivedSessionId(format, "session", named);
  }

  record(record: JsonObject): void {
    const { conversation } = this.#harvest.main;
    if (record["type"] === "session") {
      this.#header(record);
      return;
    }
    const id = textIn(record["id"]);
    if (id !== undefined && this.#spans.has(id)) return;
    const parent = textIn(record["parentId"]);
    const span = parent === undefined ? undefined : this.#spans.get(parent);
    if (span !== undefined) conversation.leave(span[1]);
    else if (record["parentId"] === null && this.#spans.size > 0) conversation.leave(0);
    const before = conversation.length;
    this.#entry(record);
    if (id !== undefined) this.#spans.set(id, [before, conversation.length]);
  }

  #header(record: JsonObject): void {
    const { main } = this.#harvest;
    main.facts.sawTime(record["timestamp"], false);
    main.facts.workspacePath = textIn(record["cwd"]) ?? null;
    main.facts.model = textIn(record["modelId"]) ?? null;
    const from = textIn(record["parentSession"]);
    if (from === undefined) return;
    const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.exec(from)?.[0].toLowerCase();
    main.forkedFrom = uuid ?? from;
  }

  #entry(record: JsonObject): void {
    const { facts, conversation } = this.#harvest.main;
    const type = textIn(record["type"]) ?? "";
    const at = facts.sawTime(record["timestamp"], type === "message");
    const id = textIn(record["id"]);
    switch (type) {
      case "message":
        this.#message(objectIn(record["message"]), id, at);
        break;
      case "compaction": {
        const first = this.#spans.get(textIn(record["firstKeptEntryId"]) ?? "");
        const keeps = first === undefined ? 0 : conversation.length - first[0];
        const compaction = { tokens_before: tokenNumber(record["tokensBefore"]), keeps };
        this.#note(record["summary"], id, at, compaction);
        break;
      }
      case "branch_summary":
        this.#note(record["summary"], id, at);
        break;
      case "custom_message":
        this.#note(record["content"], id, at);
        break;
      case "model_change":
        facts.model = textIn(record["modelId"]) ?? facts.model;
        break;
      case "session_info":
        facts.setTitle("given", record["name"] ?? record["title"]);
    }
  }

  /** What a program put into the conversation. */
  #note(
    content: Json | undefined,
    id: string | undefined,
    at: string | undefined,
    compaction?: JsonObject,
  ): void {
    if (content === undefined) return;
    const message = draftMessage({ role: "user", content, id, at, meta: true, compaction });
    this.#harvest.main.conversation.push(message, { answersCalls: true });
  }

  #message(message: JsonObject, id: string | undefined, entryAt: string | undefined): void {
    const { facts, conversation } = this.#harvest.main;
    const at = entryAt ?? timeOf(message["timestamp"]);
    const content = message["content"] ?? "";
    switch (message["role"] as string) {
      case "user": {
        const kind = facts.sawPrompt(textOf(content)) ?? (holdsMedia(content) ? "prompt" : undefined);
        const made = draftMessage({ role: "user", content, id, at, meta: kind === undefined });
        conversation.push(made, { prompt: kind === "prompt", answersCalls: kind === undefined });
        break;
      }
      case "assistant":
        this.#answer(message, content, id, at);
        break;
      case "toolResult": {
        const result = resultBlock(message["toolCallId"], content, message["isError"] === true);
        conversation.push(draftMessage({ role: "tool", content: [result], id, at }), { answersCalls: true });
        break;
      }
      case "bashExecution": {
        const text = `! ${textIn(message["command"]) ?? ""}\n${textIn(message["output"]) ?? ""}`;
        this.#note(text, id, at);
        break;
      }
      case "compactionSummary":
        this.#note(message["summary"] ?? content, id, at, {});
        break;
      default:
        this.#note(message["summary"] ?? content, id, at);
    }
  }

  #answer(message: JsonObject, content: Json, id: string | undefined, at: string | undefined): void {
    const { facts, conversation } = this.#harvest.main;
    const model = textIn(message["model"]);
    facts.model = model ?? facts.model;
    const usage = isJsonObject(message["usage"]) ? usageOf(message["usage"]) : undefined;
    if (usage !== undefined) {
      const cost = objectIn(objectIn(message["usage"])["cost"])["total"];
      facts.usage.add(id, at, model ?? null, usage, cost);
    }
    const calls = objectsIn(content).filter(({ type }) => type === "toolCall").length;
    conversation.push(draftMessage({ role: "assistant", content, id, at, model, usage }), { calls });
  }
}

function usageOf(usage: JsonObject): Usage {
  return {
    input: tokenNumber(usage["input"]),
    output: tokenNumber(usage["output"]),
    cacheRead: tokenNumber(usage["cacheRead"]),
    cacheWrite: tokenNumber(usage["cacheWrite"]),
    reasoning: tokenNumber(usage["reasoning"]),
  };
}
