import { isJsonObject, parseJson, type Json, type JsonObject } from "../../session/json/json.ts";

/** What could be read of a line that is not one JSON record. */
export interface Salvaged {
  readonly records: readonly JsonObject[];
  /** A phrase that says what was wrong. */
  readonly reason: string;
  /** Whether a part of the line is in none of the records. */
  readonly lost: boolean;
}

/** Looking for a record behind a cut one tries every place where an object begins, up to this many characters. */
const MOST_CHARACTERS = 32 << 20;

/**
 * The whole records on a line that does not parse: two writers, or one that was killed, leave records glued together.
 * A record that is cut off is lost, those before and behind it are not; what merely lies inside of another record is
 * never taken for one.
 */
export function salvage(text: string, isRecord: (value: JsonObject) => boolean): Salvaged {
  const records: JsonObject[] = [];
  let lost = false;
  let budget = MOST_CHARACTERS;
  for (let at = skipBlank(text, 0); at >= 0 && at < text.length && budget > 0; at = skipBlank(text, at)) {
    const end = endOfObject(text, at);
    const value = end === undefined ? undefined : parsed(text.slice(at, end));
    if (end !== undefined && value !== undefined) {
      if (isJsonObject(value) && isRecord(value)) records.push(value);
      else lost = true;
      at = end;
      continue;
    }
    lost = true;
    budget -= text.length - at;
    at = text.indexOf('{"', at + 1);
    if (at < 0) break;
  }
  if (records.length === 0) {
    return { records, reason: /^[\0\s]*$/.test(text) ? "filled with zero bytes" : "not JSON", lost: true };
  }
  if (lost) return { records, reason: "a record is cut off", lost };
  return { records, reason: records.length === 1 ? "stray zero bytes" : "records glued together", lost };
}

/** Zero bytes are what a power cut leaves; they separate as spaces do. */
function skipBlank(text: string, from: number): number {
  let at = from;
  while (at < text.length && /[\s\0]/.test(text.charAt(at))) at++;
  return at;
}

/** The position behind the object that begins at `from`; `undefined` when none begins there or it does not end. */
function endOfObject(text: string, from: number): number | undefined {
  if (text[from] !== "{") return undefined;
  let depth = 0;
  let inString = false;
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === "\\") at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "{" || character === "[") depth++;
    else if ((character === "}" || character === "]") && --depth === 0) return at + 1;
  }
  return undefined;
}

function parsed(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
