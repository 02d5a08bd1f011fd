import { parseJson, type Json, type JsonObject } from "../../session/json/json.ts";
import {
  callBlock,
  holdsMedia,
  objectIn,
  objectsIn,
  resultBlock,
  textIn,
  textOf,
  thinkingBlock,
} from "../draft/blocks.ts";
import { AGENT_SESSION, timeOf } from "../draft/facts.ts";
import type { Harvest } from "../draft/harvest.ts";
import { draftMessage } from "../draft/message.ts";
import { tokenNumber, type Usage } from "../draft/usage.ts";
import type { RecordReader } from "../importer.ts";

/** An answer that is being written. */
interface OpenStep {
  readonly id: string | undefined;
  readonly at: string | undefined;
  readonly content: JsonObject[];
  calls: number;
}

/** Records that say nothing of the conversation. */
const SILENT =
  /^(?:metadata|forked|(?:turn|permission|plan_mode|swarm_mode|tools|full_compaction|micro_compaction|goal|llm|mcp|background)\..*|context\.update_token_count)$/;

/** Reads what happened to the context of one of Kimi Code's agents. */
export class KimiCodeReader implements RecordReader {
  readonly #harvest: Harvest;
  #step: OpenStep | undefined;
  /** Calls without a result; what is said meanwhile comes behind that. */
  readonly #pending = new Set<string>();
  #deferred: (() => void)[] = [];
  /** Messages that the model is sent: since a summary, that and what it kept. */
  #inContext = 0;
  /** Where each prompt stands, and how long the context was before it. */
  #prompts: (readonly [position: number, inContext: number])[] = [];
  /** Of each answer: older versions have nothing else that tells it. */
  #steps: { readonly at: string | undefined; readonly usage: Usage }[] = [];
  #hasUsage = false;
  readonly #told = new Set<string>();

  constructor(harvest: Harvest, session: string) {
    this.#harvest = harvest;
    harvest.main.facts.custom[AGENT_SESSION] = session;
  }

  record(record: JsonObject): void {
    const { facts } = this.#harvest.main;
    const type = textIn(record["type"]) ?? "";
    const time = timeOf(record["time"] ?? record["created_at"]);
    const at = facts.sawTime(time, type.startsWith("context.append"));
    switch (type) {
      case "config.update":
        facts.workspacePath ??= textIn(record["cwd"]) ?? null;
        facts.model = textIn(record["modelAlias"]) ?? facts.model;
        facts.systemPrompt ||= textIn(record["systemPrompt"]) ?? "";
        break;
      case "context.append_message":
        this.#say(objectIn(record["message"]), at);
        break;
      case "context.append_loop_event":
        this.#event(objectIn(record["event"]), at);
        break;
      case "context.apply_compaction":
        this.#compact(record, at);
        break;
      case "context.clear":
        this.#closeStep();
        this.#note([{ type: "text", text: "[The context was cleared.]" }], at, { keeps: 0 });
        break;
      case "context.undo":
        this.#undo(tokenNumber(record["count"]));
        break;
      case "usage.record":
        this.#hasUsage = true;
        facts.usage.add(undefined, at, textIn(record["model"]) ?? facts.model, usageOf(record["usage"]));
        break;
      default:
        if (SILENT.test(type) || this.#told.has(type)) return;
        this.#told.add(type);
        this.#harvest.problem(`records of the unknown type ${JSON.stringify(type)} are kept unread`, {
          lost: false,
        });
    }
  }

  end(): void {
    this.#closeStep();
    for (const say of this.#deferred) say();
    this.#deferred = [];
    const { facts } = this.#harvest.main;
    if (!this.#hasUsage)
      for (const { at, usage } of this.#steps) facts.usage.add(undefined, at, facts.model, usage);
  }

  #say(message: JsonObject, at: string | undefined): void {
    if (this.#pending.size > 0) this.#deferred.push(() => this.#push(message, at));
    else {
      this.#closeStep();
      this.#push(message, at);
    }
  }

  #push(message: JsonObject, at: string | undefined): void {
    const { facts, conversation } = this.#harvest.main;
    const content = message["content"] ?? [];
    const role = textIn(message["role"]) ?? "";
    const origin = textIn(objectIn(message["origin"])["kind"]) ?? "user";
    if (role === "assistant" && origin === "compaction_summary") {
      this.#note(content, at, { keeps: 0 });
      return;
    }
    this.#inContext++;
    if (role === "assistant") {
      const calls = objectsIn(message["toolCalls"]).map(callOf);
      const made = draftMessage({ role, content: [...objectsIn(content).map(blockOf), ...calls], at });
      conversation.push(made, { calls: calls.length });
    } else if (role === "tool") {
      const result = resultBlock(message["toolCallId"], content, message["isError"] === true);
      conversation.push(draftMessage({ role, content: [result], at }), { answersCalls: true });
    } else {
      const said = origin === "user" ? facts.sawPrompt(textOf(content)) : undefined;
      const kind = said ?? (origin === "user" && holdsMedia(content) ? "prompt" : undefined);
      if (origin === "user") this.#prompts.push([conversation.length, this.#inContext - 1]);
      const made = draftMessage({ role: "user", content, at, meta: kind === undefined });
      conversation.push(made, { prompt: kind === "prompt" });
    }
  }

  /** What the program put into the context in place of what was there. */
  #note(content: Json, at: string | undefined, compaction: JsonObject): void {
    const made = draftMessage({ role: "user", content, at, meta: true, compaction });
    this.#harvest.main.conversation.push(made);
    this.#inContext = 1 + tokenNumber(compaction["keeps"]);
    this.#prompts = [];
  }

  #compact(record: JsonObject, at: string | undefined): void {
    this.#closeStep();
    const summary = textIn(record["contextSummary"]) ?? textIn(record["summary"]) ?? "";
    const keeps = Math.max(this.#inContext - tokenNumber(record["compactedCount"]), 0);
    this.#note([{ type: "text", text: summary }], at, {
      keeps,
      tokens_before: tokenNumber(record["tokensBefore"]),
    });
  }

  /** The last prompts are taken back, with all that came of them. */
  #undo(count: number): void {
    this.#closeStep();
    const [position, inContext] = this.#prompts.at(-count) ?? [];
    if (count === 0) return;
    if (position === undefined || inContext === undefined) {
      this.#harvest.problem("it takes back more prompts than there are");
      return;
    }
    this.#prompts.length -= count;
    this.#inContext = inContext;
    this.#harvest.main.conversation.cut(position);
    this.#pending.clear();
    this.#deferred = [];
  }

  #event(event: JsonObject, at: string | undefined): void {
    switch (textIn(event["type"]) ?? "") {
      case "step.begin":
        this.#closeStep();
        this.#step = { id: textIn(event["uuid"]), at, content: [], calls: 0 };
        break;
      case "content.part":
        this.#opened(event, at).content.push(blockOf(objectIn(event["part"])));
        break;
      case "tool.call": {
        const step = this.#opened(event, at);
        step.content.push(callBlock(event["toolCallId"], event["name"], event["args"]));
        step.calls++;
        this.#pending.add(textIn(event["toolCallId"]) ?? "");
        break;
      }
      case "tool.result": {
        this.#closeStep();
        const { output, isError, message } = objectIn(event["result"]);
        const result = resultBlock(event["toolCallId"], output ?? message, isError === true);
        const made = draftMessage({ role: "tool", content: [result], at });
        this.#harvest.main.conversation.push(made, { answersCalls: true });
        this.#inContext++;
        this.#pending.delete(textIn(event["toolCallId"]) ?? "");
        this.#flushDeferred();
        break;
      }
      case "step.end": {
        const usage = event["usage"] === undefined ? undefined : usageOf(event["usage"]);
        if (usage !== undefined && !this.#hasUsage) this.#steps.push({ at, usage });
        this.#closeStep(usage);
        this.#flushDeferred();
      }
    }
  }

  /** A part whose step did not begin: that line is lost, and told where it stood. */
  #opened(event: JsonObject, at: string | undefined): OpenStep {
    this.#step ??= { id: textIn(event["stepUuid"]), at, content: [], calls: 0 };
    return this.#step;
  }

  #closeStep(usage?: Usage): void {
    const step = this.#step;
    if (step === undefined) return;
    this.#step = undefined;
    const { facts, conversation } = this.#harvest.main;
    const { id, at, content, calls } = step;
    const model = facts.model ?? undefined;
    conversation.push(draftMessage({ role: "assistant", content, id, at, model, usage }), { calls });
    this.#inContext++;
  }

  #flushDeferred(): void {
    if (this.#pending.size > 0 || this.#step !== undefined) return;
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const say of deferred) say();
  }
}

function blockOf(part: JsonObject): JsonObject {
  const { type, think, text } = part;
  return type === "think" ? thinkingBlock(textIn(think) ?? textIn(text) ?? "") : part;
}

/** Before version 1.1 a call's name and arguments stood in an object of their own. */
function callOf(call: JsonObject): JsonObject {
  const { name, arguments: input } = { ...call, ...objectIn(call["function"]) };
  return callBlock(call["id"], name, typeof input === "string" ? parsed(input) : input);
}

function parsed(text: string): Json {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

function usageOf(value: Json | undefined): Usage {
  const usage = objectIn(value);
  return {
    input: tokenNumber(usage["inputOther"]),
    output: tokenNumber(usage["output"]),
    cacheRead: tokenNumber(usage["inputCacheRead"]),
    cacheWrite: tokenNumber(usage["inputCacheCreation"]),
    reasoning: 0,
  };
}
