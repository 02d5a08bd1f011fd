import type { DiskFile } from "../disk/disk.ts";
import { readLinesBackward } from "../disk/file-lines.ts";
import type { JournalPosition } from "../journal/journal-reader.ts";
import { decodeRecord, type CommitRecord } from "../journal/journal-record.ts";
import { IN_CHECKPOINT, LONGEST_RUN, type Piece } from "./message-pieces.ts";

/** The stretch of a journal that is read backward, between two records that are known. */
export interface BackwardStretch {
  readonly journal: DiskFile;
  readonly origin: number;
  /** The last commit's place: where reading begins. */
  readonly end: JournalPosition;
  /** Where it ends: what the checkpoint covers, or the journal's first record. */
  readonly begin: JournalPosition;
  /** Messages at `begin`. */
  readonly beginCount: number;
}

/** Thrown when the journal is not what its end promised; reading it forward tells better. */
export class UnusualJournal extends Error {
  override readonly name = "UnusualJournal";
}

/** Messages that are looked for: `count` of them from position `at`, as it was at the commit that was read last. */
interface Sought {
  readonly piece: undefined;
  readonly at: number;
  readonly count: number;
}

interface Found {
  readonly piece: Piece;
}

/**
 * Where the messages `from` to `to` of a session stand, the last one first, from the journal's end backward: what is
 * read is as much as was written since the first of them. Each commit that is passed takes back its splice, so that
 * the positions which are still looked for are those of the commit before it.
 * @throws {UnusualJournal}
 */
export async function* piecesFromEnd(
  stretch: BackwardStretch,
  from: number,
  to: number,
): AsyncGenerator<Piece> {
  // In the order of their messages; the last of them is looked at first.
  const slots: (Sought | Found)[] = to > from ? [{ piece: undefined, at: from, count: to - from }] : [];
  for await (const { record, offset, length } of commitsBackward(stretch)) {
    if (slots.length === 0) return;
    if (record.splice !== undefined) resolve(slots, record, offset, length);
    for (let last = slots.at(-1); last?.piece !== undefined; last = slots.at(-1)) {
      slots.pop();
      yield last.piece;
    }
  }
  for (let last = slots.pop(); last !== undefined; last = slots.pop()) {
    if (last.piece !== undefined) {
      yield last.piece;
    } else {
      if (last.at + last.count > stretch.beginCount)
        throw new UnusualJournal("positions beyond the checkpoint");
      yield { offset: IN_CHECKPOINT, length: 0, from: last.at, to: last.at + last.count };
    }
  }
}

/** All pieces of a range in the order of their messages, neighbours joined. */
export async function piecesOfRange(stretch: BackwardStretch, from: number, to: number): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for await (const piece of piecesFromEnd(stretch, from, to)) {
    const behind = pieces.at(-1);
    const joined = behind === undefined ? undefined : join(piece, behind);
    if (joined === undefined) pieces.push(piece);
    else pieces[pieces.length - 1] = joined;
  }
  return pieces.reverse();
}

function join(piece: Piece, behind: Piece): Piece | undefined {
  if (piece.offset === IN_CHECKPOINT || behind.offset === IN_CHECKPOINT || behind.from !== 0)
    return undefined;
  if (piece.offset + piece.length !== behind.offset || piece.whole !== true) return undefined;
  if (piece.length + behind.length > LONGEST_RUN) return undefined;
  return {
    offset: piece.offset,
    length: piece.length + behind.length,
    from: piece.from,
    to: piece.to + behind.to,
    whole: behind.whole,
  };
}

/** Takes back one commit's splice. */
function resolve(slots: (Sought | Found)[], record: CommitRecord, offset: number, length: number): void {
  const [start, deleteCount] = record.splice ?? [0, 0];
  const inserted = record.sizes.length;
  for (let index = slots.length - 1; index >= 0; index--) {
    const slot = slots[index];
    if (slot === undefined || slot.piece !== undefined) continue;
    const { at, count } = slot;
    const end = at + count;
    if (end <= start) return;
    const parts: (Sought | Found)[] = [];
    if (at < start) parts.push({ piece: undefined, at, count: start - at });
    const from = Math.max(at - start, 0);
    const to = Math.min(end - start, inserted);
    if (to > from) parts.push({ piece: { offset, length, from, to, whole: to === inserted } });
    const behind = Math.max(at, start + inserted);
    if (end > behind)
      parts.push({ piece: undefined, at: behind - inserted + deleteCount, count: end - behind });
    slots.splice(index, 1, ...parts);
  }
}

/**
 * The accepted commits from the last one back; what lost against another of its revision is passed over.
 * @throws {UnusualJournal}
 */
export async function* commitsBackward({
  journal,
  origin,
  end,
  begin,
}: BackwardStretch): AsyncGenerator<{ record: CommitRecord; offset: number; length: number }> {
  let { revision, checksum } = end;
  let offset = end.offset;
  let tornFrom = Infinity;
  for await (const lines of readLinesBackward(journal, begin.offset - origin, end.offset - origin)) {
    for (const line of lines) {
      offset -= line.length + 1;
      if (offset >= tornFrom || line.length === 0) continue;
      const record = decodeRecord(line);
      if (record?.kind === "torn" && record.to <= offset) tornFrom = Math.min(tornFrom, record.from);
      else if (record?.kind === "commit" && record.checksum === checksum && record.revision === revision) {
        yield { record, offset, length: line.length + 1 };
        revision--;
        checksum = record.previous;
      } else if (record === undefined || (record.kind === "commit" && record.revision < revision)) {
        throw new UnusualJournal(`byte ${offset - origin} of the journal`);
      }
    }
  }
  if (revision !== begin.revision || checksum !== begin.checksum)
    throw new UnusualJournal("the chain of records");
}
