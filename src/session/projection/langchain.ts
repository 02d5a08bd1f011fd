import { isJsonObject, type JsonObject } from "../json/json.ts";
import { firstOf, type Collector, type PartReader, type PartReaders } from "./collector.ts";
import { addBesideContent, addToolCalls } from "./shared-parts.ts";

const call: PartReader = (part, into) => {
  into.call(part["id"], part["name"], part["args"]);
  return true;
};

/** A message by its type: `{type, data}` as `toDict` gives it, or flat as Python has it. */
const message: PartReader = (part, into, depth) => {
  const within = isJsonObject(part["data"]) ? part["data"] : part;
  return addMessageOf(within, into, depth);
};

/** A message as LangChain's serialiser writes it. */
const serialised: PartReader = (part, into, depth) =>
  isJsonObject(part["kwargs"]) && addMessageOf(part["kwargs"], into, depth);

/** LangChain's messages in their envelopes, and its standard content blocks. */
export const LANGCHAIN: PartReaders = {
  constructor: serialised,
  human: message,
  ai: message,
  system: message,
  developer: message,
  tool: message,
  function: message,
  generic: message,
  chat: message,
  AIMessageChunk: message,
  HumanMessageChunk: message,
  ToolMessageChunk: message,
  tool_call: call,
  server_tool_call: call,
  server_tool_call_result: (part, into) => {
    into.result(part["toolCallId"] ?? part["tool_call_id"], part["output"], part["status"] === "error");
    return true;
  },
  invalid_tool_call: (part, into) => {
    addInvalidCall(part, into);
    return true;
  },
  non_standard: (part, into, depth) => {
    into.add(part["value"], depth + 1);
    return true;
  },
};

/** @returns false for what is no message. */
function addMessageOf(fields: JsonObject, into: Collector, depth: number): boolean {
  const content = firstOf(fields, ["content", "content_blocks"]);
  if (fields["tool_call_id"] !== undefined) {
    into.result(fields["tool_call_id"], content, fields["status"] === "error");
    return true;
  }
  if (content === undefined && !Array.isArray(fields["tool_calls"])) return false;
  const provider = isJsonObject(fields["additional_kwargs"]) ? fields["additional_kwargs"] : {};
  for (const thought of [provider["reasoning_content"], provider["reasoning"]])
    if (typeof thought === "string" || isJsonObject(thought)) addThought(thought, into);
  into.add(content, depth + 1);
  addBesideContent(fields, into, depth);
  const isNormalised = Array.isArray(fields["tool_calls"]) && fields["tool_calls"].length > 0;
  if (!isNormalised) addToolCalls(provider["tool_calls"], into);
  const invalid = fields["invalid_tool_calls"];
  if (Array.isArray(invalid))
    for (const one of invalid as readonly JsonObject[string][])
      if (isJsonObject(one)) addInvalidCall(one, into);
  return true;
}

/** A provider's own: a text, or OpenAI's item with its summary. */
function addThought(thought: string | JsonObject, into: Collector): void {
  into.reasoning(typeof thought === "string" ? thought : thought["summary"]);
}

/** A call whose arguments could not be read never ran: the error is its result. */
function addInvalidCall(part: JsonObject, into: Collector): void {
  into.callAgain(part["id"], part["name"], part["args"]);
  if (typeof part["error"] === "string") into.result(part["id"], part["error"], true);
}
