import type { Json } from "../../../session/json.ts";
import type { SideEntry } from "../../../session/side-lists.ts";
import { UnusualJournal } from "./backward-pieces.ts";
import { CLOSING, SIDE_LINE, sideEntryFrom } from "../checkpoint/checkpoint-reader.ts";
import { readLines } from "../disk/file-lines.ts";
import { followJournal, type JournalPosition } from "../journal/journal-reader.ts";
import { sideSlices } from "../journal/journal-record.ts";
import type { PieceSource } from "./piece-reader.ts";

/** The files that hold a session's side lists: the checkpoint those it covers, the journal what was added since. */
export interface SideSource extends PieceSource {
  /** Where the journal is taken up. */
  readonly begin: JournalPosition;
  /** The last revision to take in. */
  readonly upTo: number;
}

const COMMA = 0x2c;
const CLOSE = Buffer.from("]");

/**
 * Every item as the line that a checkpoint has for it, `["list",item]`, in order, in batches. Memory is a chunk, or the
 * longest line.
 * @throws {UnusualJournal} when the journal cannot be followed to the last revision.
 */
export async function* readSideLines(source: SideSource): AsyncGenerator<Buffer[]> {
  yield* readCheckpointSide(source.checkpoint);
  const { journal, origin, begin, upTo } = source;
  let reached = begin.revision;
  if (journal === undefined || reached >= upTo) return;
  for await (const commits of followJournal(journal, origin, begin)) {
    const batch: Buffer[] = [];
    for (const { record, line } of commits) {
      if (record.revision > upTo) break;
      reached = record.revision;
      for (const { list, text } of sideSlices(line, record)) batch.push(sideLine(list, text));
    }
    if (batch.length > 0) yield batch;
    if (reached === upTo) return;
  }
  throw new UnusualJournal(`the journal cannot be followed to revision ${upTo}`);
}

/** Those that a checkpoint holds. */
async function* readCheckpointSide(checkpoint: PieceSource["checkpoint"]): AsyncGenerator<Buffer[]> {
  const messagesEnd = checkpoint?.header.messagesEnd;
  if (checkpoint === undefined || messagesEnd === undefined) return;
  const { file } = checkpoint;
  const from = messagesEnd + SIDE_LINE.length;
  for await (const lines of readLines(file, from, file.stat().size - CLOSING.length)) {
    yield lines.map(({ bytes }) => (bytes.at(-1) === COMMA ? bytes.subarray(0, -1) : bytes));
  }
}

/** The same, in memory; it ends where a line is no item. */
export async function readSideEntries(
  checkpoint: NonNullable<PieceSource["checkpoint"]>,
): Promise<SideEntry[]> {
  const entries: SideEntry[] = [];
  for await (const lines of readCheckpointSide(checkpoint)) {
    for (const line of lines) {
      const entry = entryIn(line);
      if (entry === undefined) return entries;
      entries.push(entry);
    }
  }
  return entries;
}

/** `undefined` for text that is no item. */
export function entryIn(line: Buffer): SideEntry | undefined {
  try {
    return sideEntryFrom(JSON.parse(line.toString("utf8")) as Json);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** How the line of an item of this list begins. */
export function sideLineStart(list: string): Buffer {
  return Buffer.from(`[${JSON.stringify(list)},`);
}

function sideLine(list: string, text: Buffer): Buffer {
  return Buffer.concat([sideLineStart(list), text, CLOSE]);
}
