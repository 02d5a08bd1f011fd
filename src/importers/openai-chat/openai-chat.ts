import { basename } from "node:path";
import { isJsonObject, type JsonObject } from "../../session/json/json.ts";
import { holdsMedia, objectIn, objectsIn, textIn, textOf } from "../draft/blocks.ts";
import type { SessionDraft } from "../draft/draft.ts";
import type { Harvest } from "../draft/harvest.ts";
import { draftMessage } from "../draft/message.ts";
import { timeOf } from "../draft/facts.ts";
import { contentHash, derivedSessionId } from "../identity.ts";
import type { Importer, RecordReader } from "../importer.ts";
import type { Beginning } from "../read/beginning.ts";

const format = "openai-chat";
const ROLES = new Set(["system", "developer", "user", "assistant", "tool", "function"]);

/** OpenAI's chat messages in one document: `{messages: […]}`. */
export const openAiChat: Importer = {
  format,
  version: 1,
  shape: "document",
  onlyNamed: true,
  recognises: ({ text }) =>
    /^\s*\{/.test(text) && /"messages"\s*:\s*\[\s*\{/.test(text) && /"role"\s*:/.test(text),
  begin: (harvest) => new ChatReader(harvest),
};

/** The same as lines: a message on each, or a conversation on each. */
export const openAiLines: Importer = {
  format,
  version: 1,
  shape: "lines",
  onlyNamed: true,
  recognises: ({ records }: Beginning) => {
    const [first, second] = records;
    if (first === undefined) return false;
    return isMessage(first) || (isConversation(first) && second !== undefined);
  },
  begin: (harvest) => new ChatReader(harvest),
};

class ChatReader implements RecordReader {
  readonly #harvest: Harvest;
  #conversations = 0;

  constructor(harvest: Harvest) {
    this.#harvest = harvest;
  }

  record(record: JsonObject): void {
    if (isConversation(record)) this.#conversation(record);
    else if (isMessage(record)) {
      this.#harvest.main.id ??= this.#idOf(record);
      addMessage(this.#harvest.main, record);
    } else this.#harvest.problem("a record that is no chat message");
  }

  /** The first conversation is the file's own session. */
  #conversation(record: JsonObject): void {
    const index = this.#conversations++;
    const messages = objectsIn(record["messages"]);
    const id = this.#idOf(messages[0] ?? {}, index);
    const draft =
      index === 0 ? this.#harvest.main : this.#harvest.other(String(index), (other) => (other.id = id));
    draft.id ??= id;
    const model = textIn(record["model"]);
    if (model !== undefined) draft.facts.model = model;
    draft.facts.setTitle("given", record["title"]);
    for (const message of messages) addMessage(draft, message);
  }

  #idOf(first: JsonObject, index = 0): NonNullable<SessionDraft["id"]> {
    return derivedSessionId(
      format,
      basename(this.#harvest.beginning.path),
      contentHash(first),
      String(index),
    );
  }
}

function addMessage({ conversation, facts }: SessionDraft, message: JsonObject): void {
  const role = textIn(message["role"]) ?? "user";
  const { role: _, content = "", id, ...rest } = message;
  const at = facts.sawTime(timeOf(message["created_at"] ?? message["timestamp"]), true);
  const calls = objectsIn(message["tool_calls"]).length + (isJsonObject(message["function_call"]) ? 1 : 0);
  const kind =
    role === "user"
      ? (facts.sawPrompt(textOf(content)) ?? (holdsMedia(content) ? "prompt" : undefined))
      : undefined;
  if (role === "system" && facts.systemPrompt === "") facts.systemPrompt = textOf(content);
  const made = draftMessage({ role, content, id: textIn(id), at }, objectIn(rest));
  conversation.push(made, { prompt: kind === "prompt", calls, answersCalls: role === "tool" });
}

function isMessage(record: JsonObject): boolean {
  return (
    typeof record["role"] === "string" &&
    ROLES.has(record["role"]) &&
    ("content" in record || "tool_calls" in record)
  );
}

function isConversation(record: JsonObject): boolean {
  const [first] = objectsIn(record["messages"]);
  return first !== undefined && isMessage(first);
}
