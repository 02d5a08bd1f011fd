import { isJsonObject, type Json, type JsonObject } from "../../session/json/json.ts";
import { tokenNumber, type Usage, type UsageTable } from "../draft/usage.ts";

/** Text of what stands in a user's record, as far as it is text. */
export function textOf(content: Json | undefined): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  const texts: string[] = [];
  for (const part of content as readonly Json[]) {
    if (isJsonObject(part) && part["type"] === "text" && typeof part["text"] === "string")
      texts.push(part["text"]);
  }
  return texts.join("\n");
}

/** Whether it holds results of tools and nothing that anybody said. */
export function answersCalls(content: Json | undefined): boolean {
  return (
    Array.isArray(content) &&
    content.length > 0 &&
    (content as readonly Json[]).every((part) => isJsonObject(part) && part["type"] === "tool_result")
  );
}

export function holdsImage(content: Json | undefined): boolean {
  return (
    Array.isArray(content) &&
    (content as readonly Json[]).some(
      (part) => isJsonObject(part) && (part["type"] === "image" || part["type"] === "document"),
    )
  );
}

/** The calls of tools in an assistant's content. */
export function callsIn(content: Json | undefined): readonly JsonObject[] {
  if (!Array.isArray(content)) return [];
  return (content as readonly Json[]).filter(
    (part): part is JsonObject => isJsonObject(part) && part["type"] === "tool_use",
  );
}

/** An assistant's content as a list of blocks. */
export function blocksOf(content: Json | undefined): readonly Json[] {
  if (Array.isArray(content)) return content as readonly Json[];
  return content === undefined || content === "" ? [] : [{ type: "text", text: content }];
}

export function usageOf(value: Json | undefined): Usage | undefined {
  if (!isJsonObject(value)) return undefined;
  return {
    input: tokenNumber(value["input_tokens"]),
    output: tokenNumber(value["output_tokens"]),
    cacheRead: tokenNumber(value["cache_read_input_tokens"]),
    cacheWrite: tokenNumber(value["cache_creation_input_tokens"]),
    reasoning: 0,
  };
}

/** Counts what an answer's record says was spent: one total per message and request, of which the last record counts. */
export function countAnswer(table: UsageTable, record: JsonObject, at: string | undefined): void {
  const { message, requestId, uuid } = record;
  if (!isJsonObject(message)) return;
  const usage = usageOf(message["usage"]);
  const { model, id } = message;
  if (usage === undefined || model === "<synthetic>") return;
  const ids = [id, requestId].filter((one) => typeof one === "string");
  const key = ids.length > 0 ? ids.join(" ") : typeof uuid === "string" ? uuid : undefined;
  table.add(key, at, typeof model === "string" ? model : null, usage);
}
