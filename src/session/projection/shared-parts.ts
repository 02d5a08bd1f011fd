import { isJsonObject, type JsonObject } from "../json/json.ts";
import { firstOf, type Collector, type PartReader, type PartReaders } from "./collector.ts";

/** Parts that several frameworks call by the same name: each reader takes the forms of all of them. */
const text: PartReader = (part, into) => {
  if (typeof part["text"] !== "string") return false;
  into.text(part["text"]);
  return true;
};

const attachment: PartReader = (part, into) => {
  into.attachment(part["type"] as string, part);
  return true;
};

/** OpenAI's and LangChain's `{id}` of earlier audio says nothing; a transcript does. */
const audio: PartReader = (part, into) => {
  const within = isJsonObject(part["audio"]) ? part["audio"] : part;
  into.attachment("audio", part);
  into.text(part["transcript"] ?? within["transcript"]);
  return true;
};

/** Anthropic's may be text in a frame. */
const document: PartReader = (part, into, depth) => {
  const source = part["source"];
  if (isJsonObject(source) && source["type"] === "text") into.text(source["data"]);
  else if (isJsonObject(source) && source["type"] === "content") into.add(source["content"], depth + 1);
  else into.attachment("document", part);
  return true;
};

/** A file's text, or its bytes: the Agent Client Protocol's and MCP's. */
const resource: PartReader = (part, into) => {
  const within = part["resource"];
  if (!isJsonObject(within)) return false;
  if (typeof within["text"] === "string") into.text(within["text"]);
  else into.attachment("resource", within);
  return true;
};

/** Anthropic's `thinking`, LangChain's `reasoning`, the AI SDK's `text`, OpenAI's lists. */
const THOUGHTS = ["thinking", "reasoning", "text"];
const THOUGHT_LISTS = ["content", "summary", "rawContent"];

const reasoning: PartReader = (part, into) => {
  const said = firstOf(part, THOUGHTS);
  const lists = THOUGHT_LISTS.map((key) => part[key]);
  into.reasoning(
    said ??
      lists.find((list) => (Array.isArray(list) ? list.length > 0 : list !== undefined && list !== null)),
  );
  return true;
};

export const SHARED: PartReaders = {
  text,
  input_text: text,
  output_text: text,
  "text-plain": (part, into, depth) => text(part, into, depth) || attachment(part, into, depth),
  refusal: (part, into, depth) => {
    into.add(part["refusal"], depth + 1);
    return true;
  },
  thinking: reasoning,
  reasoning,
  image: attachment,
  image_url: attachment,
  input_image: attachment,
  file: attachment,
  input_file: attachment,
  video: attachment,
  audio,
  input_audio: audio,
  document,
  resource,
  resource_link: attachment,
  message: (part, into, depth) => addMessage(part, into, depth),
};

/** A message within a message, or one that is the content of another. */
export function addMessage(part: JsonObject, into: Collector, depth: number): boolean {
  if (part["content"] === undefined) return false;
  into.add(part["content"], depth + 1);
  addBesideContent(part, into, depth);
  return true;
}

/** What messages hold under other keys than `content`: OpenAI's chat messages, LangChain's, the AI SDK's. */
export function addBesideContent(message: JsonObject, into: Collector, depth: number): void {
  for (const key of ["reasoning_content", "reasoning"])
    if (typeof message[key] === "string") into.reasoning(message[key]);
  into.text(message["refusal"]);
  if (isJsonObject(message["audio"])) into.text(message["audio"]["transcript"]);
  into.add(Array.isArray(message["parts"]) ? message["parts"] : undefined, depth);
  if (isJsonObject(message["function_call"]))
    into.call(undefined, message["function_call"]["name"], message["function_call"]["arguments"]);
  addToolCalls(message["tool_calls"], into);
}

/** OpenAI's `{id, function: {name, arguments}}` and LangChain's `{id, name, args}`, once each. */
export function addToolCalls(calls: JsonObject[string] | undefined, into: Collector): void {
  if (!Array.isArray(calls)) return;
  for (const call of calls as readonly JsonObject[string][]) {
    if (!isJsonObject(call)) into.other(call);
    else {
      const named = [call["function"], call["custom"]].find(isJsonObject) ?? call;
      into.callAgain(call["id"], named["name"], firstOf(named, ["arguments", "args", "input"]));
    }
  }
}
