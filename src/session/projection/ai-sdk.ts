import { isJsonObject, type JsonObject } from "../json/json.ts";
import type { Collector, PartReader, PartReaders } from "./collector.ts";
import { deniedText } from "./tool-output.ts";

const source: PartReader = (part, into) => {
  const named = [part["title"], part["url"] ?? part["filename"]];
  into.text(["[source]", ...named.filter((text) => typeof text === "string")].join(" "));
  return true;
};

/** Parts of the AI SDK's model messages and of its UI messages. */
export const AI_SDK: PartReaders = {
  "step-start": () => true,
  "tool-call": (part, into) => {
    into.call(part["toolCallId"], part["toolName"], part["input"] ?? part["args"]);
    return true;
  },
  "tool-result": (part, into) => {
    into.result(part["toolCallId"], part["output"] ?? part["result"], part["isError"] === true);
    return true;
  },
  // The call itself is beside it; a refusal comes back as the call's result.
  "tool-approval-request": () => true,
  "tool-approval-response": () => true,
  "source-url": source,
  "source-document": source,
  "reasoning-file": (part, into) => {
    into.attachment("file", part);
    return true;
  },
  "steering-message": (part, into, depth) => {
    into.add(part["parts"], depth + 1);
    return true;
  },
};

/** A UI message keeps a tool's call and its result in one part, `tool-<name>` or `dynamic-tool`. */
export const readUiTool: PartReader = (part, into) => {
  const { type, toolCallId, state } = part;
  if (typeof type !== "string" || typeof toolCallId !== "string") return false;
  const name = type === "dynamic-tool" ? part["toolName"] : type.replace(/^tool-/, "");
  const marks = state === "approval-requested" ? ({ awaitsApproval: true } as const) : {};
  into.call(toolCallId, name, part["input"] ?? part["rawInput"], marks);
  addUiResult(part, into);
  return true;
};

function addUiResult(part: JsonObject, into: Collector): void {
  const { toolCallId, approval } = part;
  if (part["errorText"] !== undefined) into.result(toolCallId, part["errorText"], true);
  else if (part["output"] !== undefined) into.result(toolCallId, part["output"]);
  else if (isJsonObject(approval) && approval["approved"] === false)
    into.result(toolCallId, deniedText(approval["reason"]), true);
}
