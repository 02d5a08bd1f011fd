import { messagesEndOf, type CheckpointHeader } from "../checkpoint/checkpoint-reader.ts";
import type { DiskFile } from "../disk/disk.ts";
import { readLines, readLinesBackward } from "../disk/file-lines.ts";
import { decodeRecord, messageSlices, type CommitRecord } from "../journal/journal-record.ts";
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
export async function* readPieces(source: PieceSource, pieces: Iterable<Piece>): AsyncGenerator<Buffer[]> {
  for (const piece of pieces) {
    yield* piece.offset === IN_CHECKPOINT ? readCheckpointLines(source, piece) : readStretch(source, piece);
  }
}

/** The same of one piece, the last message first. */
export async function* readPieceBackward(source: PieceSource, piece: Piece): AsyncGenerator<Buffer[]> {
  if (piece.offset === IN_CHECKPOINT) {
    yield* backwardLines(source, piece);
    return;
  }
  const batches: Buffer[][] = [];
  for await (const batch of readStretch(source, piece)) batches.push(batch.reverse());
  yield* batches.reverse();
}

/** The messages of one stretch of the journal; memory is the stretch, or the longest line. */
async function* readStretch(
  source: PieceSource,
  { offset, length, from, to }: Piece,
): AsyncGenerator<Buffer[]> {
  const start = offset - source.origin;
  let last: CommitRecord | undefined;
  let passed = 0;
  for await (const lines of readLines(source.journal as DiskFile, start, start + length)) {
    const batch: Buffer[] = [];
    for (const { bytes, checksum } of lines) {
      const record = decodeRecord(bytes, checksum);
      if (record?.kind !== "commit") continue;
      if (last !== undefined && (record.revision !== last.revision + 1 || record.previous !== last.checksum))
        continue;
      last = record;
      const count = record.sizes.length;
      batch.push(...messageSlices(bytes, record, Math.max(from - passed, 0), Math.min(to - passed, count)));
      passed += count;
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
  for await (const lines of readLines(file, header.messagesAt, messagesEndOf(file, header))) {
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
  for await (const lines of readLinesBackward(file, header.messagesAt, messagesEndOf(file, header))) {
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
