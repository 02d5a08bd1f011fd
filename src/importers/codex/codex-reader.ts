import type { Json, JsonObject } from "../../session/json/json.ts";
import { holdsMedia, objectIn, objectsIn, textIn, textOf } from "../draft/blocks.ts";
import type { SessionDraft } from "../draft/draft.ts";
import type { Harvest } from "../draft/harvest.ts";
import { draftMessage } from "../draft/message.ts";
import { tokenNumber } from "../draft/usage.ts";
import type { RecordReader } from "../importer.ts";
import { CopiedPart } from "./copied-part.ts";
import { namelessId, rolloutId, sessionIdFor } from "./owner.ts";

/** An answer of the model that still goes on: reasoning, text and calls are items of their own. */
interface OpenAnswer {
  readonly at: string | undefined;
  readonly position: number;
  readonly items: Json[];
  calls: number;
}

/**
 * A rollout's session. The same turn stands in it twice: as `response_item`, which is what the model is sent and becomes
 * the conversation, and as `event_msg`, of which only what the other lacks is used.
 */
export class CodexReader implements RecordReader {
  readonly #harvest: Harvest;
  readonly #draft: SessionDraft;
  #copied: CopiedPart | undefined;
  #open: OpenAnswer | undefined;
  /** Where each prompt stands, for turns that are taken back. */
  #prompts: number[] = [];
  #lastTotal = "";

  constructor(harvest: Harvest) {
    this.#harvest = harvest;
    this.#draft = harvest.main;
    const named = rolloutId(harvest.beginning);
    if (named !== undefined) this.#own(named);
  }

  record(record: JsonObject): void {
    const payload = objectIn(record["payload"]);
    if (this.#copied === undefined && record["type"] === "session_meta")
      this.#own(textIn(payload["id"]) ?? "");
    this.#draft.id ??= namelessId(record);
    const isCopied = this.#copied?.sees(record) ?? false;
    const { facts } = this.#draft;
    const isSaid = record["type"] === "response_item" && payload["type"] !== "ghost_snapshot";
    const at = facts.sawTime(record["timestamp"], isSaid);
    switch (record["type"] as string) {
      case "session_meta":
        this.#meta(payload, isCopied);
        break;
      case "turn_context":
        facts.model = textIn(payload["model"]) ?? facts.model;
        facts.workspacePath ??= textIn(payload["cwd"]) ?? null;
        break;
      case "response_item":
        this.#item(payload, at);
        break;
      case "compacted":
        this.#compacted(payload, at);
        break;
      case "event_msg":
        this.#event(payload, at, isCopied);
    }
    if (!isCopied || this.#copied?.from === undefined) return;
    this.#draft.forkedFrom = sessionIdFor(this.#copied.from);
    this.#draft.tookOver();
  }

  end(): void {
    this.#draft.id ??= namelessId({});
  }

  #own(named: string): void {
    this.#copied = new CopiedPart(named);
    this.#draft.id = sessionIdFor(named);
  }

  #meta(payload: JsonObject, isCopied: boolean): void {
    if (isCopied && textIn(payload["id"]) !== this.#harvest.beginning.idInName) return;
    const { facts } = this.#draft;
    facts.workspacePath = textIn(payload["cwd"]) ?? facts.workspacePath;
    const git = objectIn(payload["git"]);
    facts.branch = textIn(git["branch"]) ?? facts.branch;
    facts.commit = textIn(git["commit_hash"]) ?? facts.commit;
    facts.systemPrompt = textIn(payload["instructions"]) ?? facts.systemPrompt;
    const spawned = objectIn(objectIn(objectIn(payload["source"])["subagent"])["thread_spawn"]);
    const parent = textIn(spawned["parent_thread_id"]);
    if (parent !== undefined) this.#draft.parentId = sessionIdFor(parent);
  }

  #item(item: JsonObject, at: string | undefined): void {
    const type = textIn(item["type"]) ?? "";
    if (type === "message") this.#message(item, at);
    else if (type === "reasoning") this.#answer(item, at, 0);
    else if (type.endsWith("_call")) this.#answer(item, at, 1);
    else if (type.endsWith("_output")) {
      this.#open = undefined;
      this.#draft.conversation.push(draftMessage({ role: "tool", content: [item], at }), {
        answersCalls: true,
      });
    }
  }

  #message(item: JsonObject, at: string | undefined): void {
    const { role } = item;
    if (role === "assistant") {
      this.#answer(item, at, 0);
      return;
    }
    this.#open = undefined;
    const content = item["content"] ?? "";
    const { facts, conversation } = this.#draft;
    const kind = role === "user" ? facts.sawPrompt(textOf(content)) : undefined;
    const isPrompt = kind === "prompt" || (kind === undefined && role === "user" && holdsOnlyMedia(content));
    const parts = { role: textIn(role) ?? "user", content, id: textIn(item["id"]), at };
    const position = conversation.push(draftMessage({ ...parts, meta: !isPrompt && kind === undefined }), {
      prompt: isPrompt,
      answersCalls: !isPrompt,
    });
    if (isPrompt) this.#prompts.push(position);
  }

  #answer(item: JsonObject, at: string | undefined, calls: number): void {
    const { conversation, facts } = this.#draft;
    const open = this.#open;
    const model = facts.model ?? undefined;
    if (open?.position === conversation.length - 1 && open !== undefined) {
      open.items.push(item);
      open.calls += calls;
      const content = [...open.items];
      conversation.replaceLast(draftMessage({ role: "assistant", content, at: open.at, model }), {
        calls: open.calls,
      });
      return;
    }
    const message = draftMessage({ role: "assistant", content: [item], at, model });
    const position = conversation.push(message, { calls });
    this.#open = { at, position, items: [item], calls };
  }

  /** From here on the model is sent a shorter history; what was said before stays in the conversation. */
  #compacted(payload: JsonObject, at: string | undefined): void {
    this.#open = undefined;
    const history = objectsIn(payload["replacement_history"]);
    const content = textIn(payload["message"]) ?? textOf(history.at(-1)?.["content"]);
    const message = draftMessage({ role: "user", content, at, meta: true, compaction: {} });
    this.#draft.conversation.push(message, { answersCalls: true });
  }

  #event(payload: JsonObject, at: string | undefined, isCopied: boolean): void {
    const { facts } = this.#draft;
    switch (payload["type"] as string) {
      case "token_count":
        this.#tokens(objectIn(payload["info"]), at, isCopied);
        break;
      case "thread_name_updated":
        facts.setTitle("given", payload["thread_name"]);
        break;
      case "thread_rolled_back":
        this.#rollBack(tokenNumber(payload["num_turns"]));
    }
  }

  #rollBack(turns: number): void {
    const from = this.#prompts[this.#prompts.length - turns];
    if (turns === 0 || from === undefined) return;
    this.#prompts = this.#prompts.filter((position) => position < from);
    this.#open = undefined;
    this.#draft.conversation.leave(from);
  }

  /** The running total is told again and again; only when it has moved was something new spent. */
  #tokens(info: JsonObject, at: string | undefined, isCopied: boolean): void {
    const last = objectIn(info["last_token_usage"]);
    const total = JSON.stringify(info["total_token_usage"] ?? null);
    if (total === this.#lastTotal || total === "null") return;
    this.#lastTotal = total;
    if (isCopied) return;
    const cached = tokenNumber(last["cached_input_tokens"]);
    const written = tokenNumber(last["cache_write_input_tokens"]);
    this.#draft.facts.usage.add(undefined, at, this.#draft.facts.model, {
      input: Math.max(tokenNumber(last["input_tokens"]) - cached - written, 0),
      output: tokenNumber(last["output_tokens"]),
      cacheRead: cached,
      cacheWrite: written,
      reasoning: tokenNumber(last["reasoning_output_tokens"]),
    });
  }
}

function holdsOnlyMedia(content: Json): boolean {
  return textOf(content).trim() === "" && holdsMedia(content);
}
