import { isJsonObject, type Json, type JsonObject } from "../../session/json/json.ts";
import type { Message } from "../../session/message.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { MessageMarks } from "../draft/conversation.ts";
import type { SessionDraft } from "../draft/draft.ts";
import { draftMessage } from "../draft/message.ts";
import { answersCalls, blocksOf, callsIn, countAnswer, holdsImage, textOf, usageOf } from "./turn.ts";

/** An answer of the model whose parts may still come: each part is a record of its own, results may stand between. */
interface OpenAnswer {
  readonly messageId: string;
  readonly position: number;
  readonly first: JsonObject;
  blocks: readonly Json[];
  behind: { readonly message: Message; readonly marks: MessageMarks }[];
}

/**
 * Follows the tree of one conversation and keeps its draft at the path that leads to the newest record: what stands
 * behind a record that is taken up again was left by a rewind.
 */
export class Branch {
  readonly #draft: SessionDraft;
  readonly #subsessionOf: (record: JsonObject) => SessionId | undefined;
  /** The position of the message that each record stands at, by its uuid. */
  readonly #places = new Map<string, number>();
  #open: OpenAnswer | undefined;
  /** What the summary that comes next stands for. */
  #compaction: JsonObject | undefined;

  /** @param subsessionOf the session of the sub-agent whose answer a record is. */
  constructor(draft: SessionDraft, subsessionOf: (record: JsonObject) => SessionId | undefined) {
    this.#draft = draft;
    this.#subsessionOf = subsessionOf;
  }

  has(uuid: unknown): boolean {
    return this.#placeOf(uuid) !== undefined;
  }

  /** A record of the tree. @returns whether it is new; a repeated one is passed over. */
  add(record: JsonObject, isTakenOver: boolean): boolean {
    const { uuid } = record;
    const isNew = !this.has(uuid);
    const { type, message } = record;
    const said = (type === "user" || type === "assistant") && isJsonObject(message);
    const at = this.#draft.facts.sawTime(record["timestamp"], said);
    if (!isNew) return false;
    if (said && type === "assistant" && !isTakenOver) countAnswer(this.#draft.facts.usage, record, at);
    if (said && message["content"] !== undefined) {
      if (type === "user") this.#addUser(record, message, at);
      else this.#addAnswer(record, message, at);
    } else if (!this.#addQueued(record, at)) {
      if (record["subtype"] === "compact_boundary") this.#compaction = compactionOf(record);
      this.#place(record, this.#placeOf(record["parentUuid"]) ?? this.#draft.conversation.length - 1);
    }
    return true;
  }

  #addUser(record: JsonObject, message: JsonObject, at: string | undefined): void {
    const content = message["content"] as Json;
    const parts = { role: roleOf(message, "user"), content, id: idOf(record), at };
    if (answersCalls(content)) {
      const subsession = this.#subsessionOf(record);
      this.#push(record, draftMessage({ ...parts, subsession }), { answersCalls: true });
      return;
    }
    if (record["isCompactSummary"] === true) {
      const compaction = this.#compaction ?? {};
      this.#compaction = undefined;
      this.#push(record, draftMessage({ ...parts, meta: true, compaction }), {});
      return;
    }
    const typed = record["isMeta"] === true ? undefined : this.#typed(content);
    if (typed !== undefined) this.#leaveBranch(record);
    const marks = { prompt: typed === "prompt", answersCalls: typed === undefined };
    this.#push(record, draftMessage({ ...parts, meta: typed === undefined }), marks);
  }

  #typed(content: Json): "prompt" | "command" | undefined {
    return this.#draft.facts.sawPrompt(textOf(content)) ?? (holdsImage(content) ? "prompt" : undefined);
  }

  /** What a person typed while the agent was at work. */
  #addQueued(record: JsonObject, at: string | undefined): boolean {
    const { attachment } = record;
    if (!isJsonObject(attachment) || attachment["type"] !== "queued_command") return false;
    const prompt = attachment["prompt"];
    const typed = prompt === undefined ? undefined : this.#typed(prompt);
    if (prompt === undefined || typed === undefined) return false;
    const message = draftMessage({ role: "user", content: prompt, id: idOf(record), at });
    this.#push(record, message, { prompt: typed === "prompt" });
    return true;
  }

  #addAnswer(record: JsonObject, message: JsonObject, at: string | undefined): void {
    const { facts, conversation } = this.#draft;
    const model = typeof message["model"] === "string" ? message["model"] : undefined;
    const isMeta = model === "<synthetic>" || record["isApiErrorMessage"] === true;
    if (model !== undefined && !isMeta) facts.model = model;
    const messageId = typeof message["id"] === "string" ? message["id"] : undefined;
    const open = this.#open;
    if (open !== undefined && messageId === open.messageId && open.position < conversation.length) {
      this.#extend(open, record, message);
      return;
    }
    if (!isMeta) this.#leaveBranch(record);
    const content = message["content"] as Json;
    const usage = usageOf(message["usage"]);
    const parts = { role: roleOf(message, "assistant"), content, id: idOf(record), at };
    const made = draftMessage(isMeta ? { ...parts, meta: true } : { ...parts, model, usage });
    const position = this.#push(record, made, { calls: callsIn(content).length });
    this.#open =
      messageId === undefined || isMeta
        ? undefined
        : { messageId, position, first: record, blocks: blocksOf(content), behind: [] };
  }

  /** A further part of an answer joins the others, in front of the results that came in between. */
  #extend(open: OpenAnswer, record: JsonObject, message: JsonObject): void {
    const { conversation } = this.#draft;
    open.blocks = [...open.blocks, ...blocksOf(message["content"])];
    const first = open.first["message"] as JsonObject;
    const made = draftMessage({
      role: roleOf(first, "assistant"),
      content: open.blocks,
      id: idOf(open.first),
      at: this.#draft.facts.sawTime(open.first["timestamp"], true),
      model: typeof first["model"] === "string" ? first["model"] : undefined,
      usage: usageOf(message["usage"]) ?? usageOf(first["usage"]),
    });
    conversation.cut(open.position);
    conversation.push(made, { calls: callsIn(open.blocks).length });
    for (const { message: later, marks } of open.behind) conversation.push(later, marks);
    this.#place(record, open.position);
  }

  #push(record: JsonObject, message: Message, marks: MessageMarks): number {
    const position = this.#draft.conversation.push(message, marks);
    this.#place(record, position);
    if (marks.answersCalls === true) this.#open?.behind.push({ message, marks });
    else this.#open = undefined;
    return position;
  }

  /**
   * Takes away what stands behind the record that this one goes on from. Results of calls made at once go on from the
   * calls, not from each other: they alone are no other branch.
   */
  #leaveBranch(record: JsonObject): void {
    const { conversation } = this.#draft;
    const parent = record["parentUuid"];
    const place = parent === null ? rootPlace(record) : this.#placeOf(parent);
    if (place === undefined || place >= conversation.lastSpoken()) return;
    conversation.leave(conversation.behindResults(place));
    this.#open = undefined;
  }

  #placeOf(uuid: unknown): number | undefined {
    return typeof uuid === "string" ? this.#places.get(uuid) : undefined;
  }

  #place({ uuid }: JsonObject, position: number): void {
    if (typeof uuid === "string") this.#places.set(uuid, position);
  }
}

/** A record without a parent begins anew: in front of everything, unless it only lost its parent in a compaction. */
function rootPlace(record: JsonObject): number | undefined {
  return record["logicalParentUuid"] === undefined || record["logicalParentUuid"] === null ? -1 : undefined;
}

function compactionOf(record: JsonObject): JsonObject {
  const { compactMetadata } = record;
  const found: Record<string, Json> = {};
  if (!isJsonObject(compactMetadata)) return found;
  const { trigger, preTokens } = compactMetadata;
  if (typeof trigger === "string") found["trigger"] = trigger;
  if (typeof preTokens === "number") found["tokens_before"] = preTokens;
  return found;
}

function idOf(record: JsonObject): string | undefined {
  return typeof record["uuid"] === "string" ? record["uuid"] : undefined;
}

function roleOf(message: JsonObject, otherwise: string): string {
  return typeof message["role"] === "string" ? message["role"] : otherwise;
}
