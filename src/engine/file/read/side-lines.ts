import { parseJson } from "../../../session/json/json.ts";
import type { SideEntry } from "../../../session/side-lists.ts";
import { sideEntryFrom } from "../checkpoint/foreign-document.ts";
import type { JournalPosition } from "../journal/follow-journal.ts";
import { sideSlices } from "../journal/record/record-content.ts";
import { UnusualJournal, type PlaceSource } from "./messages/place-reader.ts";
import type { ReadTo } from "./reading.ts";

const CLOSE = Buffer.from("]");

/**
 * Every item of a session's side lists as the line that a checkpoint has for it, `["list",item]`, in order, in batches:
 * those that the checkpoint covers, and what the journal added since. Memory is a chunk, or the longest line.
 * @param begin where the journal is taken up: what the checkpoint covers, or the journal's beginning.
 * @throws {UnusualJournal} when the journal cannot be followed to the last revision; `DamagedCheckpoint`.
 */
export async function* readSideLines(
  { checkpoint, journal }: PlaceSource,
  begin: JournalPosition,
  to: ReadTo,
): AsyncGenerator<Buffer[]> {
  if (checkpoint !== undefined) yield* checkpoint.sideLines();
  if (journal === undefined || isReached(begin, to)) return;
  for await (const commits of journal.follow(begin)) {
    const batch: Buffer[] = [];
    for (const { record, line } of commits) {
      if (record.life === to.life)
        for (const { list, text } of sideSlices(line, record)) batch.push(sideLine(list, text));
      if (!isReached(record, to)) continue;
      if (batch.length > 0) yield batch;
      return;
    }
    if (batch.length > 0) yield batch;
  }
  throw new UnusualJournal(`the journal cannot be followed to revision ${to.revision}`);
}

function isReached({ life, revision }: ReadTo, to: ReadTo): boolean {
  return life > to.life || (life === to.life && revision >= to.revision);
}

/** All of them in memory. */
export async function sideEntries(...parameters: Parameters<typeof readSideLines>): Promise<SideEntry[]> {
  const entries: SideEntry[] = [];
  for await (const lines of readSideLines(...parameters))
    for (const line of lines) entries.push(entryIn(line));
  return entries;
}

/** @throws {UnusualJournal} for text that is no item. */
export function entryIn(line: Buffer): SideEntry {
  const entry = sideEntryFrom(parseJson(line.toString("utf8")));
  if (entry === undefined) throw new UnusualJournal("a line of the checkpoint is no item");
  return entry;
}

/** How the line of an item of this list begins. */
export function sideLineStart(list: string): Buffer {
  return Buffer.from(`[${JSON.stringify(list)},`);
}

function sideLine(list: string, text: Buffer): Buffer {
  return Buffer.concat([sideLineStart(list), text, CLOSE]);
}
