import { isJsonObject, type JsonObject } from "../json/json.ts";
import { isBeside, type Message } from "../message.ts";
import { AI_SDK, readUiTool } from "./ai-sdk.ts";
import { ANTHROPIC, readAnthropicResult } from "./anthropic.ts";
import { readAstridPart } from "./astrid.ts";
import { Collector, type PartReader } from "./collector.ts";
import { LANGCHAIN } from "./langchain.ts";
import { OPENAI, readOpenAiItem } from "./openai.ts";
import type { ProjectedMessage } from "./projected.ts";
import { addBesideContent, addMessage, addToolCalls, SHARED } from "./shared-parts.ts";

export type * from "./projected.ts";

const READERS: ReadonlyMap<string, PartReader> = new Map(
  [SHARED, ANTHROPIC, OPENAI, AI_SDK, LANGCHAIN].flatMap((readers) => Object.entries(readers)),
);

/** Kinds of parts that are told by more than the name of their type. */
const FURTHER: readonly PartReader[] = [readUiTool, readAnthropicResult, readOpenAiItem];

/**
 * Reads a message of Astrid (its four forms of content), Anthropic and Claude Code, OpenAI (chat messages, response
 * items, the items of its Agents SDK), the AI SDK (UI and model messages), the Agent Client Protocol (a prompt's
 * blocks) or LangChain. Pure; never throws; of what it does not know nothing is left out: it is in `other`.
 */
export function projectMessage(message: Message): ProjectedMessage {
  const into = new Collector(readPart);
  const { role, content } = message;
  const callId = message["tool_call_id"] ?? message["toolCallId"];
  if (isBeside(message) && isJsonObject(content)) addNote(content, into);
  else if (role === "tool" && typeof content === "string") into.result(callId, content);
  else if (typeof callId === "string") into.result(callId, content, message["isError"] === true);
  else if (role === "function" && typeof content === "string") into.result(message["name"], content);
  else into.add(content, 0);
  addBesideContent(message, into, 0);
  return into.of(role);
}

const readPart: PartReader = (part, into, depth) => {
  const { type } = part;
  if (typeof type === "string") {
    if (READERS.get(type)?.(part, into, depth) === true) return true;
    if (FURTHER.some((read) => read(part, into, depth))) return true;
  }
  if (readAstridPart(part, into, depth)) return true;
  if (isJsonObject(part["function"])) {
    addToolCalls([part], into);
    return true;
  }
  return typeof part["role"] === "string" && addMessage(part, into, depth);
};

/** A note that an importer kept beside the conversation: only what a person wrote or would read of it. */
function addNote(record: JsonObject, into: Collector): void {
  for (const key of ["summary", "content", "customTitle", "aiTitle"]) into.text(record[key]);
}
