import {
  FIELDS,
  HEAD_FIELDS,
  type HeadChanges,
  type HeadField,
  type SessionHead,
} from "../../session/head.ts";
import { freezeParsed, jsonText, type Json } from "../../session/json.ts";
import type { Row } from "./client.ts";
import { numberOf, textOf } from "./row.ts";
import type { Statement } from "./statement.ts";
import { titleVector } from "./search-words.ts";

/** Fields that change with most commits stand in the short row of `sessions`, all others in `heads`. */
const IN_SESSIONS = new Set<HeadField>([
  ...(["tokenCount", "turnCount", "toolCallCount", "approvalCount"] as const),
  ...(["budgetSnapshot", "gitState"] as const),
]);
const COUNTERS = new Set<HeadField>(["tokenCount", "turnCount", "toolCallCount", "approvalCount"]);

/** How much of a text an index holds. */
const INDEXED = 200;

const nameOf = (field: HeadField): string => FIELDS[field].key;

/** The columns of `table` that a change gives a value, as `[name, expression]`; the token count is left to the caller. */
export function assignments(
  table: "sessions" | "heads",
  changes: HeadChanges,
  statement: Statement,
): [column: string, expression: string][] {
  const found: [string, string][] = [];
  for (const field of Object.keys(changes) as HeadField[]) {
    if (field === "tokenCount" || IN_SESSIONS.has(field) !== (table === "sessions")) continue;
    const value = changes[field] as Json;
    if (COUNTERS.has(field)) found.push([nameOf(field), statement.param(value as number, "bigint")]);
    else found.push([nameOf(field), statement.param(jsonText(value), "text")]);
    found.push(...derived(field, value, statement));
  }
  return found;
}

/** Columns that are computed from a field, for the indexes. */
function derived(field: HeadField, value: Json, statement: Statement): [string, string][] {
  switch (field) {
    case "createdAt":
      return [["created_ms", statement.param(Date.parse(value as string), "bigint")]];
    case "title":
      return [
        ["title_folded", statement.param(foldedTitle((value as string | null) ?? ""), "text")],
        ["title_words", `${statement.param(titleVector((value as string | null) ?? ""), "text")}::tsvector`],
      ];
    case "tags": {
      const keys = (value as readonly string[]).map((tag) => tagKey(tag)).join("\n");
      return [["tag_keys", `string_to_array(${statement.param(keys, "text")}, E'\\n')`]];
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
    const value = COUNTERS.has(field) ? numberOf(row, key) : (JSON.parse(textOf(row, key)) as Json);
    if (!accepts(value)) throw new TypeError(`${key} is not ${expected}`);
    head[field] = value;
  }
  return freezeParsed(head) as unknown as Pick<SessionHead, F>;
}
