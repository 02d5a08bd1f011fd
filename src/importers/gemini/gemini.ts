import { isJsonObject, type JsonObject } from "../../session/json/json.ts";
import type { Importer } from "../importer.ts";
import type { Beginning } from "../read/beginning.ts";
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
  recognises: isChatDocument,
  begin: (harvest) => new GeminiReader(harvest, format),
  supersededBy: (path, stored) => stem(path) === stem(stored) && stored.endsWith(".jsonl"),
};

/** Gemini CLI's chats as lines: what the session is, then each message, and changes of both. */
export const geminiLines: Importer = {
  format,
  version: 1,
  shape: "lines",
  recognises: ({ records }) => isHeader(records[0]),
  begin: (harvest) => new GeminiReader(harvest, format),
  supersedes: (path, stored) => stem(path) === stem(stored) && stored.endsWith(".json"),
};

/** A chat as one document: Gemini CLI's, or that of a fork. */
export function isChatDocument({ text }: Beginning): boolean {
  return (
    /^\s*\{/.test(text) && /"projectHash"\s*:/.test(text) && /"sessionId"\s*:/.test(text) && !isLine(text)
  );
}

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
