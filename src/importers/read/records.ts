import { isUtf8 } from "node:buffer";
import { freezeRead, isJsonObject, type Json, type JsonObject } from "../../session/json/json.ts";
import { holdsOddNumber } from "../../session/json/number.ts";
import type { Harvest } from "../draft/harvest.ts";
import type { Importer } from "../importer.ts";
import type { Line } from "./lines.ts";
import { salvage } from "./salvage.ts";

/** The records on a line, one as a rule; what is wrong with the line is told to the harvest. */
export function recordsOn(line: Line, importer: Importer, harvest: Harvest): readonly JsonObject[] {
  const { bytes } = line;
  harvest.place = { line: line.number, offset: line.offset };
  if (bytes === undefined) {
    harvest.problem(`too long (${line.length} bytes)`);
    return [];
  }
  const text = bytes.toString("utf8");
  let value: Json;
  try {
    value = parsed(text);
  } catch {
    return salvaged(text, line, importer, harvest);
  }
  if (!isJsonObject(value)) {
    harvest.problem("JSON, but not a record");
    return [];
  }
  // What could not be decoded was replaced; the record is taken, and the loss is told.
  if (text.includes("\ufffd") && !isUtf8(bytes)) harvest.problem("not valid UTF-8", { salvaged: 1 });
  return [value];
}

/** As `JSON.parse` has it; with a number that JavaScript would write otherwise, frozen, so that it keeps its text. */
function parsed(text: string): Json {
  const value = JSON.parse(text) as Json;
  return holdsOddNumber(text) ? freezeRead(value, () => text) : value;
}

function salvaged(text: string, line: Line, importer: Importer, harvest: Harvest): readonly JsonObject[] {
  if (text.trim() === "") return [];
  const found = salvage(text, (value) => importer.isRecord?.(value) ?? true);
  // A line that is still being written is no damage: its rest comes the next time.
  if (!line.ended && found.records.length === 0 && text.trimStart().startsWith("{")) return [];
  harvest.problem(found.reason, { lost: found.lost, salvaged: found.records.length });
  return found.records;
}
