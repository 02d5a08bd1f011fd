import { readFileSync } from "node:fs";
import { isJsonObject, type JsonObject } from "../../session/json/json.ts";

/** A file of settings that an agent reads, as far as it can be read; comments on lines of their own are allowed. */
export function settingsIn(path: string): JsonObject | undefined {
  try {
    const text = readFileSync(path, "utf8").replace(/^\ufeff/, "");
    const value: unknown = JSON.parse(text.replace(/^[^\S\r\n]*\/\/.*$/gm, ""));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
