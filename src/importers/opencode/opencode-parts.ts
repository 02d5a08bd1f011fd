import { isJsonObject, type Json, type JsonObject } from "../../session/json/json.ts";
import {
  callBlock,
  objectIn,
  objectsIn,
  resultBlock,
  textBlock,
  textIn,
  thinkingBlock,
} from "../draft/blocks.ts";
import type { Harvest } from "../draft/harvest.ts";
import { tokenNumber, type Usage } from "../draft/usage.ts";

/** What an answer says up to the results of its calls. */
export interface Answer {
  readonly content: JsonObject[];
  calls: number;
  readonly results: { readonly block: JsonObject; readonly session: string | undefined }[];
  /** The part that it begins with. */
  readonly partId: string | undefined;
}

/** Parts that say nothing: marks of steps, snapshots of files, retries. They stay in the original. */
const SILENT = new Set(["step-start", "step-finish", "snapshot", "patch", "retry"]);
/** Parts that are kept as they are. */
const PLAIN = new Set(["file", "agent", "subtask", "compaction"]);

export function userBlocks(parts: readonly JsonObject[], harvest: Harvest): JsonObject[] {
  return parts.flatMap((part) => (part["type"] === "tool" ? [part] : spoken(part, harvest)));
}

/** The steps of an answer: older versions put several into one message, each with its calls and their results. */
export function answersOf(parts: readonly JsonObject[], harvest: Harvest): Answer[] {
  const answers: Answer[] = [newAnswer(undefined)];
  for (const part of parts) {
    let answer = answers.at(-1) as Answer;
    if (part["type"] === "step-start" && answer.calls > 0) {
      answer = newAnswer(textIn(part["id"]));
      answers.push(answer);
    }
    if (part["type"] !== "tool") {
      answer.content.push(...spoken(part, harvest));
      continue;
    }
    const state = objectIn(part["state"]);
    answer.content.push(callBlock(part["callID"], part["tool"], state["input"]));
    answer.calls++;
    const block = resultOf(part["callID"], state);
    const { sessionId, sessionID } = objectIn(state["metadata"]);
    if (block !== undefined) answer.results.push({ block, session: textIn(sessionId) ?? textIn(sessionID) });
  }
  // A step that was only begun says nothing.
  return answers.filter(({ content }, index) => index === 0 || content.length > 0);
}

function newAnswer(partId: string | undefined): Answer {
  return { content: [], calls: 0, results: [], partId };
}

function spoken(part: JsonObject, harvest: Harvest): JsonObject[] {
  const type = textIn(part["type"]) ?? "";
  if (type === "text") return [textBlock(textIn(part["text"]) ?? "")];
  if (type === "reasoning") return [thinkingBlock(textIn(part["text"]) ?? "")];
  if (SILENT.has(type)) return [];
  if (!PLAIN.has(type))
    harvest.problem(`a part of the unknown type ${JSON.stringify(type)}`, { lost: false });
  return [part];
}

/** A call that has not ended has none. */
function resultOf(id: Json | undefined, state: JsonObject): JsonObject | undefined {
  if (state["status"] === "error") return resultBlock(id, state["error"], true);
  if (state["status"] !== "completed") return undefined;
  const attachments = objectsIn(state["attachments"]);
  if (attachments.length === 0) return resultBlock(id, state["output"], false);
  return resultBlock(id, [textBlock(textIn(state["output"]) ?? ""), ...attachments], false);
}

/** Why an answer did not come about. */
export function errorText(error: Json | undefined): string | undefined {
  if (!isJsonObject(error)) return undefined;
  return textIn(objectIn(error["data"])["message"]) ?? textIn(error["message"]) ?? textIn(error["name"]);
}

/** Newer versions count reasoning apart from the output, which their total tells. */
export function usageOf({ tokens }: JsonObject): Usage | undefined {
  if (!isJsonObject(tokens)) return undefined;
  const cache = objectIn(tokens["cache"]);
  const reasoning = tokenNumber(tokens["reasoning"]);
  const [input, output] = [tokenNumber(tokens["input"]), tokenNumber(tokens["output"])];
  const [cacheRead, cacheWrite] = [tokenNumber(cache["read"]), tokenNumber(cache["write"])];
  const isApart = tokenNumber(tokens["total"]) === input + output + reasoning + cacheRead + cacheWrite;
  return { input, output: isApart ? output + reasoning : output, cacheRead, cacheWrite, reasoning };
}
