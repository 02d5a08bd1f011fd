import { CLOSING, type CheckpointHeader } from "./checkpoint-reader.ts";
import type { DiskFile } from "./disk.ts";
import { readLines, readLinesBackward } from "./journal-reader.ts";
import { decodeRecord, messageBytes, type CommitRecord } from "./journal-record.ts";
import { IN_CHECKPOINT, type Piece } from "./message-pieces.ts";

/** The files that pieces point into. */
export interface PieceSource {
  readonly checkpoint: { readonly file: DiskFile; readonly header: CheckpointHeader } | undefined;
  readonly journal: DiskFile | undefined;
  readonly origin: number;
}

const COMMA = 0x2c;
/** Up to so many messages of a checkpoint's end are kept at once to turn them round. */
const FEW = 1000;

/** The JSON text of the messages that the pieces name, in order, in batches. Memory is a chunk, or the longest line. */
export async function* readPieces(source: PieceSource, pieces: readonly Piece[]): AsyncGenerator<Buffer[]> {
  for (let index = 0; index < pieces.length;) {
    const piece = pieces[index] as Piece;
    if (piece.offset === IN_CHECKPOINT) {
      yield* readCheckpointLines(source, piece);
      index++;
      continue;
    }
    let next = index + 1;
    while (next < pieces.length && (pieces[next] as Piece).offset >= (pieces[next - 1] as Piece).offset)
      next++;
    yield* readRecords(source, pieces.slice(index, next));
    index = next;
  }
}

/** The same, the last message first. */
export async function* readPiecesBackward(
  source: PieceSource,
  pieces: readonly Piece[],
): AsyncGenerator<Buffer[]> {
  for (const piece of pieces.toReversed()) {
    if (piece.offset === IN_CHECKPOINT) {
      yield* backwardLines(source, piece);
    } else {
      for await (const batch of readRecords(source, [piece])) yield batch.reverse();
    }
  }
}

/** Records in the order of the file; one read of the journal serves them all. */
async function* readRecords(source: PieceSource, pieces: readonly Piece[]): AsyncGenerator<Buffer[]> {
  const first = pieces[0] as Piece;
  const last = pieces.at(-1) as Piece;
  const journal = source.journal as DiskFile;
  let next = 0;
  const end = last.offset + last.length - source.origin;
  for await (const lines of readLines(journal, first.offset - source.origin, end)) {
    const batch: Buffer[] = [];
    for (const { offset, bytes } of lines) {
      for (; pieces[next]?.offset === offset + source.origin; next++) {
        const { from, to } = pieces[next] as Piece;
        const record = decodeRecord(bytes) as CommitRecord;
        for (let at = from; at < to; at++) batch.push(messageBytes(bytes, record, at, at + 1));
      }
    }
    if (batch.length > 0) yield batch;
  }
}

async function* readCheckpointLines(source: PieceSource, { from, to }: Piece): AsyncGenerator<Buffer[]> {
  const { file, header } = source.checkpoint as NonNullable<PieceSource["checkpoint"]>;
  if (to - from <= FEW && header.messageCount - from < from) {
    const batches: Buffer[] = [];
    for await (const batch of backwardLines(source, { offset: IN_CHECKPOINT, length: 0, from, to }))
      batches.push(...batch);
    yield batches.reverse();
    return;
  }
  let line = 0;
  for await (const lines of readLines(file, header.messagesAt, file.stat().size - CLOSING.length)) {
    const first = line;
    line += lines.length;
    if (line <= from) continue;
    yield lines.slice(Math.max(from - first, 0), to - first).map(({ bytes }) => withoutComma(bytes));
    if (line >= to) return;
  }
}

async function* backwardLines(source: PieceSource, { from, to }: Piece): AsyncGenerator<Buffer[]> {
  const { file, header } = source.checkpoint as NonNullable<PieceSource["checkpoint"]>;
  let line = header.messageCount;
  for await (const lines of readLinesBackward(file, header.messagesAt, file.stat().size - CLOSING.length)) {
    const last = line;
    line -= lines.length;
    if (line >= to) continue;
    yield lines.slice(Math.max(last - to, 0), last - from).map(withoutComma);
    if (line <= from) return;
  }
}

function withoutComma(line: Buffer): Buffer {
  return line.at(-1) === COMMA ? line.subarray(0, -1) : line;
}
