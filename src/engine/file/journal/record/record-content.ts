import { fromStoredChanges, type HeadChanges } from "../../../../session/head.ts";
import { parseJson, type Json, type JsonObject } from "../../../../session/json/json.ts";
import { readMessage, type Message } from "../../../../session/message.ts";
import type { SideEntry } from "../../../../session/side-lists.ts";
import { MESSAGES_KEY, SET_KEY, ITEMS_KEY } from "./record-line.ts";
import type { CommitRecord } from "./record.ts";

/** Messages of up to this many bytes are parsed at once. */
export const LONGEST_RUN = 1 << 20;

/** The listed fields that a listing record holds. */
export function listedOf(line: Buffer): HeadChanges | undefined {
  return fieldsIn(line, line.indexOf(SET_KEY), line.length - 1);
}

/** The head fields that a commit's line sets. */
export function setOf(line: Buffer, record: CommitRecord): HeadChanges | undefined {
  const from = record.splice === undefined ? line.indexOf(SET_KEY) : messagesEnd(line, record) + 1;
  const end = itemsAt(line, record);
  return fieldsIn(line, from, end);
}

function fieldsIn(line: Buffer, from: number, end: number): HeadChanges | undefined {
  // A find behind that is a key of an item.
  if (from < 0 || end - from <= SET_KEY.length) return undefined;
  return fromStoredChanges(parseJson(line.toString("utf8", from + SET_KEY.length - 1, end)) as JsonObject);
}

/** The messages that a commit's line splices in. */
export function messagesOf(line: Buffer, record: CommitRecord): Message[] {
  if (line.length > LONGEST_RUN) return [...messageRuns(line, record)].flat();
  if (record.sizes.length === 0) return [];
  const start = messagesStart(line);
  const text = line.toString("utf8", start - 1, messagesEnd(line, record) + 1);
  return messagesIn(JSON.parse(text) as Json[], line, start, record.sizes);
}

/** The same, so many at a time as are parsed in a few milliseconds, or a single one that is longer. */
export function* messageRuns(line: Buffer, { sizes }: CommitRecord): Generator<Message[]> {
  let start = sizes.length === 0 ? 0 : messagesStart(line);
  let length = 0;
  for (const [index, size] of sizes.entries()) {
    length += size + 1;
    if (length < LONGEST_RUN && index < sizes.length - 1) continue;
    const values = JSON.parse(`[${line.toString("utf8", start, start + length - 1)}]`) as Json[];
    yield messagesIn(values, line, start, sizes.slice(index + 1 - values.length, index + 1));
    start += length;
    length = 0;
  }
}

/** @param start where the first one's text stands. */
function messagesIn(
  values: readonly Json[],
  line: Buffer,
  start: number,
  sizes: readonly number[],
): Message[] {
  let at = start;
  return values.map((value, index) => {
    const from = at;
    const size = sizes[index] ?? 0;
    at += size + 1;
    return readMessage(value, () => line.toString("utf8", from, from + size));
  });
}

/** The JSON text of each of the spliced messages `from` to `to`, as it stands in the line. */
export function messageSlices(line: Buffer, record: CommitRecord, from: number, to: number): Buffer[] {
  const slices: Buffer[] = [];
  let start = record.sizes.length === 0 ? 0 : messagesStart(line);
  for (const [index, size] of record.sizes.entries()) {
    if (index >= to) break;
    if (index >= from) slices.push(line.subarray(start, start + size));
    start += size + 1;
  }
  return slices;
}

/** The JSON text of each item that a commit's line adds to side lists, with its list, as it stands in the line. */
export function sideSlices(line: Buffer, record: CommitRecord): { list: string; text: Buffer }[] {
  const slices: { list: string; text: Buffer }[] = [];
  let start = itemsAt(line, record) + ITEMS_KEY.length;
  for (const [list, sizes] of record.sideSizes) {
    for (const size of sizes) {
      slices.push({ list, text: line.subarray(start, start + size) });
      start += size + 1;
    }
  }
  return slices;
}

/** The items that a commit's line adds to side lists. */
export function sideOf(line: Buffer, record: CommitRecord): SideEntry[] {
  return sideSlices(line, record).map(({ list, text }) => [list, parseJson(text.toString("utf8"))]);
}

/** Where the items begin, found from the line's end; the closing brace when there are none. */
function itemsAt(line: Buffer, { sideSizes }: CommitRecord): number {
  const closing = line.length - 1;
  if (sideSizes.length === 0) return closing;
  let length = 0;
  for (const [, sizes] of sideSizes) for (const size of sizes) length += size + 1;
  return closing - length - ITEMS_KEY.length;
}

function messagesStart(line: Buffer): number {
  return line.indexOf(MESSAGES_KEY) + MESSAGES_KEY.length;
}

function messagesEnd(line: Buffer, record: CommitRecord): number {
  const separators = Math.max(record.sizes.length - 1, 0);
  return messagesStart(line) + record.sizes.reduce((sum, size) => sum + size, separators);
}
