import {
  FIELDS,
  HEAD_FIELDS,
  type HeadChanges,
  type HeadField,
  type SessionHead,
} from "../../../session/head.ts";
import { freezeParsed, jsonText, parseJson, type Json } from "../../../session/json/json.ts";
import { timeMs } from "../../../session/time.ts";
import type { Row } from "../client.ts";
import type { Column } from "../columns.ts";
import { numberOf, textOf } from "../row.ts";
import type { ParamType, ParamValue } from "../statement.ts";
import { titleVector } from "../search/search-words.ts";

/** Fields that change with most commits stand in the short row of `sessions`, all others in `heads`. */
const IN_SESSIONS = new Set<HeadField>([
  ...(["tokenCount", "turnCount", "toolCallCount", "approvalCount"] as const),
  ...(["budgetSnapshot", "gitState"] as const),
]);
const COUNTERS = new Set<HeadField>(["tokenCount", "turnCount", "toolCallCount", "approvalCount"]);

/** How much of a text an index holds. */
const INDEXED = 200;

const nameOf = (field: HeadField): string => FIELDS[field].key;

/** Adds a param that is computed from a change, and returns how the text refers to it. */
type ChangeParam = (value: (changes: HeadChanges) => ParamValue, type: ParamType) => string;

/**
 * The columns of `table` that a change of these fields gives a value, as `[name, expression]`; the token count is left
 * to the caller.
 */
export function assignments(
  table: "sessions" | "heads",
  fields: readonly HeadField[],
  param: ChangeParam,
): Column[] {
  const found: Column[] = [];
  for (const field of fields) {
    if (field === "tokenCount" || IN_SESSIONS.has(field) !== (table === "sessions")) continue;
    const value = COUNTERS.has(field)
      ? param((changes) => changes[field] as number, "bigint")
      : param((changes) => jsonText(changes[field] as Json), "text");
    found.push([nameOf(field), value], ...derived(field, param));
  }
  return found;
}

/** Columns that are computed from a field, for the indexes. */
function derived(field: HeadField, param: ChangeParam): Column[] {
  switch (field) {
    case "createdAt":
      return [["created_ms", param(({ createdAt }) => timeMs(createdAt ?? ""), "bigint")]];
    case "title":
      return [
        ["title_folded", param(({ title }) => foldedTitle(title ?? ""), "text")],
        ["title_words", `${param(({ title }) => titleVector(title ?? ""), "text")}::tsvector`],
      ];
    case "tags": {
      const keys = param(({ tags = [] }) => tags.map((tag) => tagKey(tag)).join("\n"), "text");
      return [["tag_keys", `string_to_array(${keys}, E'\\n')`]];
    }
    default:
      return [];
  }
}

/** What of a title is searched for a part: no character that the database refuses. */
export function foldedTitle(title: string): string {
  return title.toLowerCase().toWellFormed().replaceAll("\u0000", "\ufffd");
}

/** What of a tag is indexed. */
export function tagKey(tag: string): string {
  return Array.from(jsonText(tag)).slice(0, INDEXED).join("");
}

/** All columns of a head, to select; `s` is `sessions`, `h` is `heads`. */
export const HEAD_COLUMNS = HEAD_FIELDS.map(
  (field) => `${IN_SESSIONS.has(field) ? "s" : "h"}.${nameOf(field)}`,
).join(", ");

/** @throws when a column does not hold what was written there. */
export function headOf(row: Row): SessionHead {
  return headPart(row, HEAD_FIELDS);
}

/** Some fields of a head. @throws when a column does not hold what was written there. */
export function headPart<F extends HeadField>(row: Row, fields: readonly F[]): Pick<SessionHead, F> {
  const head: Record<string, Json> = {};
  for (const field of fields) {
    const { key, accepts, expected } = FIELDS[field];
    const value = COUNTERS.has(field) ? numberOf(row, key) : parseJson(textOf(row, key));
    if (!accepts(value)) throw new TypeError(`${key} is not ${expected}`);
    head[field] = value;
  }
  return freezeParsed(head) as unknown as Pick<SessionHead, F>;
}
