import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isJsonObject, type Json, type JsonObject } from "../../session/json/json.ts";
import { isSessionId, type SessionId } from "../../session/session-id.ts";
import {
  callBlock,
  holdsMedia,
  listIn,
  objectIn,
  objectsIn,
  resultBlock,
  textBlock,
  textIn,
  textOf,
  thinkingBlock,
} from "../draft/blocks.ts";
import type { Harvest } from "../draft/harvest.ts";
import { draftMessage } from "../draft/message.ts";
import { tokenNumber, type Usage } from "../draft/usage.ts";
import { derivedSessionId } from "../identity.ts";
import type { RecordReader } from "../importer.ts";

/** How messages of the model are marked; `qwen`: by the fork. */
const ANSWERS: ReadonlySet<unknown> = new Set(["gemini", "qwen"]);
/** What the program notes for the person. */
const NOTES: ReadonlySet<unknown> = new Set(["info", "warning", "error"]);

/** A chat's session, from a document or from lines: Gemini CLI's, or that of a fork. */
export class GeminiReader implements RecordReader {
  readonly #harvest: Harvest;
  readonly #agent: string;
  /** Where each of the agent's messages begins in the conversation. */
  readonly #places = new Map<string, number>();

  /** @param agent whose chat it is, for ids that are no UUIDs. */
  constructor(harvest: Harvest, agent: string) {
    this.#harvest = harvest;
    this.#agent = agent;
    const named = textIn(harvest.beginning.records[0]?.["sessionId"]);
    if (named !== undefined) this.#own(named);
    harvest.main.facts.workspacePath = projectRoot(harvest.beginning.path);
  }

  record(record: JsonObject): void {
    if (typeof record["sessionId"] === "string" && record["type"] === undefined) this.#session(record);
    else if (isJsonObject(record["$set"])) this.#set(record["$set"]);
    else if (typeof record["$rewindTo"] === "string") this.#rewind(record["$rewindTo"]);
    else this.#message(record);
  }

  #own(named: string): void {
    const { main } = this.#harvest;
    main.id ??= this.#sessionIdFor(named);
  }

  #sessionIdFor(named: string): SessionId {
    const id = named.toLowerCase();
    return isSessionId(id) ? id : derivedSessionId(this.#agent, "session", named);
  }

  /** A sub-agent's chat stands in a folder that is named like its parent's session. */
  #parentOf(path: string): SessionId | null {
    const parent = basename(dirname(path));
    return parent === "chats" ? null : this.#sessionIdFor(parent);
  }

  #session(record: JsonObject): void {
    this.#own(textIn(record["sessionId"]) ?? "");
    const { main, beginning } = this.#harvest;
    if (record["kind"] === "subagent") main.parentId = this.#parentOf(beginning.path);
    main.facts.sawTime(record["startTime"], false);
    this.#set(record);
  }

  #set(changes: JsonObject): void {
    const { facts, conversation } = this.#harvest.main;
    facts.setTitle("generated", changes["summary"]);
    facts.workspacePath ??= textIn(listIn(changes["directories"])[0]) ?? null;
    if (!Array.isArray(changes["messages"])) return;
    conversation.cut(0);
    this.#places.clear();
    for (const message of objectsIn(changes["messages"])) this.#message(message);
  }

  /** Drops a message and everything after it. */
  #rewind(id: string): void {
    const place = this.#places.get(id);
    if (place === undefined) return;
    this.#harvest.main.conversation.leave(place);
    for (const [other, at] of this.#places) if (at >= place) this.#places.delete(other);
  }

  #message(record: JsonObject): void {
    const { facts, conversation } = this.#harvest.main;
    const type = record["type"];
    if (type !== "user" && !ANSWERS.has(type)) {
      facts.sawTime(record["timestamp"], false);
      if (typeof type === "string" && !NOTES.has(type))
        this.#harvest.problem(`a message of the unknown type ${JSON.stringify(type)}`, { lost: false });
      return;
    }
    const id = textIn(record["id"]);
    const known = id === undefined ? undefined : this.#places.get(id);
    // Told again with more in it: an answer grows with the results of its calls.
    if (known !== undefined && [...this.#places.values()].every((place) => place <= known))
      conversation.cut(known);
    else if (known !== undefined) return;
    if (id !== undefined) this.#places.set(id, conversation.length);
    const at = facts.sawTime(record["timestamp"], true);
    if (type === "user") this.#user(record, id, at);
    else this.#answer(record, id, at);
  }

  #user(record: JsonObject, id: string | undefined, at: string | undefined): void {
    const { facts, conversation } = this.#harvest.main;
    const content = record["content"] ?? "";
    const kind = facts.sawPrompt(textOf(content)) ?? (holdsMedia(content) ? "prompt" : undefined);
    const message = draftMessage({ role: "user", content, id, at, meta: kind === undefined });
    conversation.push(message, { prompt: kind === "prompt", answersCalls: kind === undefined });
  }

  #answer(record: JsonObject, id: string | undefined, at: string | undefined): void {
    const { facts, conversation } = this.#harvest.main;
    const model = textIn(record["model"]);
    facts.model = model ?? facts.model;
    const usage = usageOf(objectIn(record["tokens"]));
    if (usage !== undefined) facts.usage.add(id, at, model ?? null, usage);
    const calls = objectsIn(record["toolCalls"]);
    const content = [
      ...objectsIn(record["thoughts"]).map((thought) => thinkingBlock(thoughtOf(thought))),
      ...textsOf(record["content"]),
      ...calls.map((call) => callBlock(call["id"], call["name"], call["args"])),
    ];
    conversation.push(draftMessage({ role: "assistant", content, id, at, model, usage }), {
      calls: calls.length,
    });
    for (const call of calls) {
      if (call["result"] === undefined && call["resultDisplay"] === undefined) continue;
      const result = resultBlock(call["id"], outputOf(call), call["status"] !== "success");
      const message = draftMessage({ role: "tool", content: [result], at: textIn(call["timestamp"]) ?? at });
      conversation.push(message, { answersCalls: true });
    }
  }
}

/** The project's folder, where the agent notes it beside the chats. */
function projectRoot(path: string): string | null {
  for (const folder of [dirname(dirname(path)), dirname(dirname(dirname(path)))]) {
    try {
      return readFileSync(join(folder, ".project_root"), "utf8").trim() || null;
    } catch {
      // Not noted here.
    }
  }
  return null;
}

function textsOf(content: Json | undefined): readonly JsonObject[] {
  const text = textOf(content);
  return text === "" ? [] : [textBlock(text)];
}

function thoughtOf({ subject, description }: JsonObject): string {
  return [textIn(subject), textIn(description)].filter((text) => text !== undefined).join(": ");
}

function outputOf(call: JsonObject): Json {
  const outputs = objectsIn(call["result"]).map((part) => {
    const response = objectIn(objectIn(part["functionResponse"])["response"]);
    return textIn(response["output"]) ?? textIn(response["error"]) ?? textIn(part["text"]);
  });
  const texts = outputs.filter((output) => output !== undefined);
  return texts.length > 0 ? texts.join("\n") : (textIn(call["resultDisplay"]) ?? call["result"] ?? "");
}

/** What came from the cache is part of the input. */
function usageOf(tokens: JsonObject): Usage | undefined {
  if (Object.keys(tokens).length === 0) return undefined;
  const cached = tokenNumber(tokens["cached"]);
  const thoughts = tokenNumber(tokens["thoughts"]);
  return {
    input: Math.max(tokenNumber(tokens["input"]) - cached, 0),
    output: tokenNumber(tokens["output"]) + thoughts,
    cacheRead: cached,
    cacheWrite: 0,
    reasoning: thoughts,
  };
}
