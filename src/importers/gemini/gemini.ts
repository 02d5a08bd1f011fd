import { isJsonObject, type JsonObject } from "../../session/json/json.ts";
import type { Importer } from "../importer.ts";
import { GeminiReader } from "./gemini-reader.ts";

const format = "gemini";

/** A session that is resumed is written anew, as lines: then these count. */
function stem(path: string): string {
  return path.replace(/\.jsonl?$/, "");
}

/** Gemini CLI's chats as one document, which earlier versions wrote. */
export const gemini: Importer = {
  format,
  version: 1,
  shape: "document",
  recognises: ({ text }) =>
    /^\s*\{/.test(text) && /"projectHash"\s*:/.test(text) && /"sessionId"\s*:/.test(text) && !isLine(text),
  begin: (harvest) => new GeminiReader(harvest),
  supersededBy: (path, stored) => stem(path) === stem(stored) && stored.endsWith(".jsonl"),
};

/** Gemini CLI's chats as lines: what the session is, then each message, and changes of both. */
export const geminiLines: Importer = {
  format,
  version: 1,
  shape: "lines",
  recognises: ({ records }) => isHeader(records[0]),
  begin: (harvest) => new GeminiReader(harvest),
  supersedes: (path, stored) => stem(path) === stem(stored) && stored.endsWith(".json"),
};

function isHeader(record: JsonObject | undefined): boolean {
  return (
    isJsonObject(record) &&
    typeof record["sessionId"] === "string" &&
    typeof record["projectHash"] === "string" &&
    !("messages" in record)
  );
}

function isLine(text: string): boolean {
  try {
    return isHeader(JSON.parse(text.slice(0, text.indexOf("\n"))) as JsonObject);
  } catch {
    return false;
  }
}
