import { isUtf8 } from "node:buffer";
import { stat } from "node:fs/promises";
import { isJsonObject, parseJson, type Json, type JsonObject } from "../../session/json.ts";
import type { Importer, ImportItem, Problem } from "../importer.ts";
import { linesOf, type Line } from "../lines.ts";
import { isClaudeRecord, isConversation, messageFromRecord } from "./record.ts";
import { salvage } from "./salvage.ts";
import { SessionHeadBuilder } from "./session-head.ts";

/** How far to look for a record of Claude Code's. */
const LINES_TO_RECOGNISE = 100;
const LONGEST_LINE_TO_RECOGNISE = 16 << 20;

/** Records before the first that names the session (summaries, snapshots) are held back, up to this many bytes. */
const MOST_HELD_BACK = 8 << 20;

/**
 * Claude Code's transcripts: one JSON record per line. Every record is kept (see `messageFromRecord`).
 */
export const claudeCode: Importer = { format: "claude-code", recognises, read };

async function recognises(path: string): Promise<boolean> {
  for await (const line of linesOf(path, LONGEST_LINE_TO_RECOGNISE)) {
    if (parsedLine(line).records.some(isClaudeRecord)) return true;
    if (line.number >= LINES_TO_RECOGNISE) return false;
  }
  return false;
}

async function* read(path: string): AsyncGenerator<ImportItem> {
  const fallbackTime = (await stat(path)).mtime.toISOString();
  const builder = new SessionHeadBuilder(path);
  const session = (): ImportItem => ({ type: "session", id: builder.id(), head: builder.head(fallbackTime) });
  let heldBack: ImportItem[] | undefined = [];
  let heldBackBytes = 0;
  for await (const line of linesOf(path)) {
    const items = itemsOf(line, builder);
    if (heldBack === undefined) {
      yield* items;
      continue;
    }
    heldBack.push(...items);
    heldBackBytes += line.length;
    if (!builder.isIdentified && heldBackBytes < MOST_HELD_BACK) continue;
    yield session();
    yield* heldBack;
    heldBack = undefined;
  }
  if (heldBack !== undefined) {
    yield session();
    yield* heldBack;
  }
  yield { type: "end", ...builder.end() };
}

function itemsOf(line: Line, builder: SessionHeadBuilder): ImportItem[] {
  const { records, problem } = parsedLine(line);
  const items: ImportItem[] = [];
  for (const record of records) {
    builder.see(record);
    const besides = !isConversation(record);
    items.push({
      type: "message",
      message: messageFromRecord(record),
      besides,
      bytes: line.length / records.length,
    });
  }
  if (problem !== undefined) items.push({ type: "problem", problem });
  return items;
}

/** The records on a line, one as a rule, and what is wrong with it. */
function parsedLine(line: Line): { readonly records: readonly JsonObject[]; readonly problem?: Problem } {
  const { number, offset, bytes } = line;
  const lost = (reason: string): Problem => ({ line: number, offset, reason, salvaged: 0, lost: true });
  if (bytes === undefined) return { records: [], problem: lost(`too long (${line.length} bytes)`) };
  const text = bytes.toString("utf8");
  if (text.trim() === "") return { records: [] };
  let value: Json;
  try {
    value = parseJson(text);
  } catch {
    const { records, ...problem } = salvage(text);
    if (!line.ended && records.length === 0)
      return { records, problem: lost("cut off at the end of the file") };
    return { records, problem: { line: number, offset, salvaged: records.length, ...problem } };
  }
  if (!isJsonObject(value)) return { records: [], problem: lost("JSON, but not a record") };
  // What could not be decoded was replaced; the record is kept, and the loss is told.
  if (text.includes("\ufffd") && !isUtf8(bytes)) {
    return { records: [value], problem: { ...lost("not valid UTF-8"), salvaged: 1 } };
  }
  return { records: [value] };
}
