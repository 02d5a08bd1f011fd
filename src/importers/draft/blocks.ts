import { isJsonObject, type Json, type JsonObject } from "../../session/json/json.ts";

/** Blocks in the form that most agents know, for formats that keep calls and results elsewhere. */
export function textBlock(text: string): JsonObject {
  return { type: "text", text };
}

export function thinkingBlock(thinking: string): JsonObject {
  return { type: "thinking", thinking };
}

export function callBlock(id: Json | undefined, name: Json | undefined, input: Json | undefined): JsonObject {
  return { type: "tool_use", id: textIn(id) ?? "", name: textIn(name) ?? "", input: input ?? {} };
}

export function resultBlock(id: Json | undefined, content: Json | undefined, isError: boolean): JsonObject {
  const block = { type: "tool_result", tool_use_id: textIn(id) ?? "", content: content ?? "" };
  return isError ? { ...block, is_error: true } : block;
}

/** A string that is not empty. */
export function textIn(value: Json | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function objectIn(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

export function listIn(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

export function objectsIn(value: Json | undefined): readonly JsonObject[] {
  return listIn(value).filter((item) => isJsonObject(item));
}

/** The text of a content in any of the usual forms. */
export function textOf(content: Json | undefined): string {
  if (typeof content === "string") return content;
  const texts = objectsIn(content).map((part) => part["text"]);
  return texts.filter((text) => typeof text === "string").join("\n");
}

/** Whether a content holds an image or a file. */
export function holdsMedia(content: Json | undefined): boolean {
  return objectsIn(content).some(
    (part) => /image|document|file|media/i.test(textIn(part["type"]) ?? "") || "inlineData" in part,
  );
}
