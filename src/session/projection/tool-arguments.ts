import { parseJson, type Json } from "../json/json.ts";
import type { ProjectedToolCall } from "./projected.ts";

/** What a tool is asked to do, as a value: OpenAI's arguments are JSON in a string, and may be cut short. */
export function argumentsOf({ arguments: given }: ProjectedToolCall): Json {
  if (typeof given !== "string" || !/^\s*[{[]/.test(given)) return given;
  try {
    return parseJson(given);
  } catch {
    // A program, a patch, or JSON that the model did not finish.
    return given;
  }
}
