import { isJsonObject, type Json, type JsonObject } from "../json/json.ts";
import { firstOf, type PartReader, type PartReaders } from "./collector.ts";

/** What a call asks for, under the name that its kind has for it. */
const INPUTS = ["arguments", "input", "action", "actions", "operation", "queries", "query", "code"];
const OUTPUTS = ["output", "outputs", "results", "result", "error"];
/** Tools that run at OpenAI: a call holds its result, or its end is all that is told of it. */
const HOSTED = /^(web_search|file_search|code_interpreter|image_generation|mcp|hosted_tool)_call$/;
const ENDED = new Set<unknown>(["completed", "failed", "incomplete"]);

/** Items of OpenAI's Responses, in its names (`call_id`) and in those of its Agents SDK (`callId`). */
export const OPENAI: PartReaders = {
  program: (part, into) => {
    into.call(idOf(part), "program", part["code"]);
    return true;
  },
  mcp_approval_request: (part, into) => {
    into.call(part["id"], part["name"], part["arguments"], { awaitsApproval: true });
    return true;
  },
};

/** Calls and results: each kind of tool has two types of its own, also future ones. */
export const readOpenAiItem: PartReader = (part, into) => {
  const { type } = part;
  if (typeof type !== "string") return false;
  if (/(_call_output|_call_result|^program_output|^tool_search_output)$/.test(type)) {
    const failed = part["status"] === "failed";
    into.result(idOf(part), firstOf(part, ["output", "tools", "result"]), failed);
    return true;
  }
  if (!type.endsWith("_call")) return false;
  const name = part["name"] ?? type.replace(/_call$/, "");
  into.call(idOf(part), name, firstOf(part, INPUTS));
  if (HOSTED.test(type)) {
    const output = outputWithin(part);
    const failed = part["status"] === "failed" || (part["error"] !== undefined && part["error"] !== null);
    if (output !== undefined || ENDED.has(part["status"])) into.result(idOf(part), output, failed);
  }
  return true;
};

function idOf(part: JsonObject): Json | undefined {
  return firstOf(part, ["call_id", "callId", "id"]);
}

/** An image that was made is base64 and nothing else. */
function outputWithin(part: JsonObject): Json | undefined {
  const output = firstOf(part, OUTPUTS);
  if (part["type"] === "image_generation_call" && typeof output === "string")
    return { type: "image", data: output };
  return isJsonObject(output) && typeof output["message"] === "string" ? output["message"] : output;
}
