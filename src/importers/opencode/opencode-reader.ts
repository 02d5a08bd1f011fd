import { isJsonObject, parseJson, type Json, type JsonObject } from "../../session/json/json.ts";
import { holdsMedia, objectIn, textIn } from "../draft/blocks.ts";
import { AGENT_SESSION, timeOf } from "../draft/facts.ts";
import type { Harvest } from "../draft/harvest.ts";
import { draftMessage } from "../draft/message.ts";
import type { RowReader } from "../database/database-format.ts";
import { derivedSessionId } from "../identity.ts";
import { NO_USAGE } from "../draft/usage.ts";
import { answersOf, errorText, usageOf, userBlocks } from "./opencode-parts.ts";
import type { SessionId } from "../../session/session-id.ts";

/** A message, and the parts that it consists of: a row each. */
interface OpenMessage {
  readonly id: string;
  readonly data: JsonObject;
  readonly at: string | undefined;
  readonly parts: JsonObject[];
}

/** Our id of opencode's session. */
export function opencodeSessionId(id: string): SessionId {
  return derivedSessionId("opencode", "session", id);
}

/**
 * Reads a session of opencode. Its row says what was taken back: from some message on, or some part of one. That stays
 * in the database until the next prompt, and is no part of the conversation.
 */
export class OpencodeReader implements RowReader {
  readonly #harvest: Harvest;
  readonly #revert: JsonObject;
  /** Where the conversation stood behind each message. */
  readonly #places = new Map<string, number>();
  /** For messages that asked for a summary, the message from which on it keeps what was said. */
  readonly #tails = new Map<string, string>();
  #open: OpenMessage | undefined;
  #isReverted = false;
  #newer = 0;

  constructor(harvest: Harvest, session: JsonObject) {
    this.#harvest = harvest;
    const { facts } = harvest.main;
    facts.sawTime(timeOf(session["time_created"]), false);
    facts.workspacePath = textIn(session["directory"]) ?? null;
    facts.custom[AGENT_SESSION] = textIn(session["id"]) ?? "";
    const title = textIn(session["title"]);
    if (title !== undefined && !AUTOMATIC_TITLE.test(title)) facts.setTitle("generated", title);
    this.#revert = dataIn(session["revert"]) ?? {};
  }

  row(table: string, row: JsonObject): void {
    if (table === "session_message") this.#newer++;
    if (table !== "message" && table !== "part") return;
    const id = textIn(row["id"]) ?? "";
    const data = dataIn(row["data"]);
    if (data === undefined) {
      this.#harvest.problem(`the data of ${table} ${id} is no JSON object`);
      return;
    }
    if (table === "message") {
      this.#flush();
      const created = objectIn(data["time"])["created"] ?? row["time_created"];
      const at = this.#harvest.main.facts.sawTime(timeOf(created), true);
      this.#open = { id, data, at, parts: [] };
    } else if (this.#open === undefined || row["message_id"] !== this.#open.id)
      this.#harvest.problem(`part ${id} belongs to no message of this session`);
    else this.#open.parts.push({ ...data, id });
  }

  end(): void {
    this.#flush();
    if (this.#newer > 0 && this.#places.size === 0)
      this.#harvest.problem("its messages stand in the table session_message, which is not read yet");
  }

  /** The message has all its parts. */
  #flush(): void {
    const message = this.#open;
    if (message === undefined) return;
    this.#open = undefined;
    const { main } = this.#harvest;
    const isCut = message.id === this.#revert["messageID"];
    const partId = isCut ? textIn(this.#revert["partID"]) : undefined;
    const parts =
      partId === undefined ? message.parts : message.parts.filter(({ id }) => (id as string) < partId);
    this.#places.set(message.id, main.conversation.length);
    const role = message.data["role"];
    if (role === "assistant") this.#count(message);
    this.#isReverted ||= isCut && partId === undefined;
    if (this.#isReverted) return;
    if (role === "user") this.#prompt(message, parts);
    else if (role === "assistant") this.#answer(message, parts);
    else this.#harvest.problem(`message ${message.id} has the unknown role ${JSON.stringify(role)}`);
    this.#isReverted ||= isCut;
  }

  /** Also of what was taken back: it was paid for. */
  #count({ id, data, at }: OpenMessage): void {
    const { usage } = this.#harvest.main.facts;
    usage.add(id, at, textIn(data["modelID"]) ?? null, usageOf(data) ?? NO_USAGE, data["cost"]);
  }

  #prompt({ id, at }: OpenMessage, parts: readonly JsonObject[]): void {
    const { facts, conversation } = this.#harvest.main;
    const typed = parts
      .filter(({ type, synthetic, ignored }) => type === "text" && synthetic !== true && ignored !== true)
      .map(({ text }) => textIn(text) ?? "")
      .filter((text) => text !== "");
    const content = userBlocks(parts, this.#harvest);
    const tail = textIn(parts.find(({ type }) => type === "compaction")?.["tail_start_id"]);
    if (tail !== undefined) this.#tails.set(id, tail);
    const kind =
      typed.length > 0 ? facts.sawPrompt(typed.join("\n")) : holdsMedia(content) ? "prompt" : undefined;
    const message = draftMessage({ role: "user", content, id, at, meta: kind === undefined });
    conversation.push(message, { prompt: kind === "prompt" });
  }

  #answer({ id, data, at }: OpenMessage, parts: readonly JsonObject[]): void {
    const { facts, conversation } = this.#harvest.main;
    const model = textIn(data["modelID"]);
    facts.model = model ?? facts.model;
    const compaction = data["summary"] === true ? this.#compaction(data) : undefined;
    const answers = answersOf(parts, this.#harvest);
    const error = errorText(data["error"]);
    const isEmpty = answers.every(({ content }) => content.length === 0);
    for (const [index, { content, calls, results, partId }] of answers.entries()) {
      const isFirst = index === 0;
      const own = isFirst
        ? {
            id,
            usage: usageOf(data),
            compaction,
            meta: compaction !== undefined || (isEmpty && error !== undefined),
          }
        : { id: partId };
      const said = isEmpty && error !== undefined ? [{ type: "text", text: error }] : content;
      conversation.push(draftMessage({ role: "assistant", content: said, at, model, ...own }), { calls });
      for (const { block, session } of results) {
        const subsession = session === undefined ? undefined : opencodeSessionId(session);
        const result = draftMessage({ role: "tool", content: [block], at, subsession });
        conversation.push(result, { answersCalls: true });
      }
    }
  }

  /** A summary answers a message that asks for it, which says from where on the messages stay. */
  #compaction(data: JsonObject): JsonObject {
    const { conversation } = this.#harvest.main;
    const first = this.#tails.get(textIn(data["parentID"]) ?? "");
    const place = first === undefined ? undefined : this.#places.get(first);
    return { keeps: place === undefined ? 0 : conversation.length - place };
  }
}

/** What opencode calls a session until it has a title. */
const AUTOMATIC_TITLE = /^(?:New|Child) session - \d{4}-\d\d-\d\dT/;

/** A column's JSON, which the old files hold as it is. */
function dataIn(value: Json | undefined): JsonObject | undefined {
  if (isJsonObject(value)) return value;
  if (typeof value !== "string") return undefined;
  try {
    const data = parseJson(value);
    return isJsonObject(data) ? data : undefined;
  } catch {
    return undefined;
  }
}
