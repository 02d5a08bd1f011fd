import { isJsonObject, jsonText, type Json } from "../../session/json/json.ts";
import { characterStart, cutText, wellFormed, wellFormedJson } from "../../session/json/outgoing-text.ts";

/** A notification holds no more characters of a message than this. */
export const MOST_CHARACTERS = 32_000;
const LONGEST_ARGUMENT = 2_000;
const DEEPEST_ARGUMENT = 32;

/** A long text piece by piece, none of which cuts a character. */
export function* piecesOf(text: string): Generator<string> {
  for (let from = 0; from < text.length;) {
    const most = Math.min(from + MOST_CHARACTERS, text.length);
    const end = characterStart(text, most);
    const next = end > from ? end : most;
    yield wellFormed(text.slice(from, next));
    from = next;
  }
}

/** The value itself when it is small; else with its long texts cut, and as the beginning of its JSON if need be. */
export function boundedInput(value: Json): Json {
  const text = wellFormedJson(jsonText(value));
  if (text.length <= MOST_CHARACTERS && !isDeep(value, DEEPEST_ARGUMENT)) return wellFormed(value);
  const short = isDeep(value, DEEPEST_ARGUMENT) ? text : shortened(value);
  return wellFormed(jsonText(short).length <= MOST_CHARACTERS ? short : cutText(text, MOST_CHARACTERS));
}

function shortened(value: Json): Json {
  if (typeof value === "string") return cutText(value, LONGEST_ARGUMENT);
  if (Array.isArray(value)) return (value as readonly Json[]).map(shortened);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shortened(item)]));
}

function isDeep(value: Json, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((item: Json) => isDeep(item, levels - 1));
}
