import { crc32 } from "node:zlib";
import type { DiskFile } from "./disk.ts";
import { READ_AT_ONCE } from "./read-fully.ts";

/** One line of a file, without its newline, and where it begins (a physical offset). */
export interface Line {
  readonly offset: number;
  readonly bytes: Buffer;
  /** False for a last line that has no newline. */
  readonly whole: boolean;
  /** Checksum of the line from `checkedFrom` on, where it was cheaper to tell while the line was read in chunks. */
  readonly checksum: number | undefined;
}

const CHUNK = 1 << 20;
/** So many short lines are handed over at once: whoever works through them gives the event loop its turns. */
const MOST_LINES = 2000;
const NEWLINE = 0x0a;

/** What lines are read from. */
export type Readable = Pick<DiskFile, "read" | "stat"> & Partial<Pick<DiskFile, "readNow">>;

/**
 * The lines from `from` to the end of the file (or `to`), in chunks: memory is a chunk, or the longest line.
 * @param checkedFrom the checksum of a long line is over its bytes from here on.
 */
export async function* readLines(
  file: Readable,
  from: number,
  to = Infinity,
  checkedFrom = 0,
): AsyncGenerator<Line[]> {
  // The beginning of a line that goes on in the next chunk; put together once, however long it is.
  let kept: Buffer[] = [];
  let keptAt = from;
  let checksum: number | undefined;
  for (let position = from; position < to;) {
    // A buffer of its own for each chunk: lines are slices of it.
    const size = chunkSize(file, position, to);
    if (size <= 0) break;
    const buffer = Buffer.allocUnsafe(size);
    // The rest of a file is read once; parts of it may be read one after the other.
    const isOnly = position === from && to === Infinity && size <= READ_AT_ONCE;
    const count =
      (isOnly ? file.readNow?.(buffer, position) : undefined) ?? (await file.read(buffer, position));
    if (count === 0) break;
    position += count;
    const chunk = buffer.subarray(0, count);
    let lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      let bytes = chunk.subarray(start, end);
      let known: number | undefined;
      if (kept.length > 0) {
        known = checksumWith(bytes, checksum);
        bytes = Buffer.concat([...kept, bytes]);
        kept = [];
      }
      lines.push({ offset: keptAt, bytes, whole: true, checksum: known });
      keptAt += bytes.length + 1;
      start = end + 1;
      if (lines.length < MOST_LINES) continue;
      yield lines;
      lines = [];
    }
    if (start < count) {
      const rest = chunk.subarray(start);
      checksum = kept.length === 0 ? checksumOfFirst(rest, checkedFrom) : checksumWith(rest, checksum);
      kept.push(rest);
    }
    if (lines.length > 0) yield lines;
  }
  if (kept.length > 0)
    yield [{ offset: keptAt, bytes: Buffer.concat(kept), whole: false, checksum: undefined }];
}

/** A long line's checksum is told chunk by chunk, since over all of it at once it would hold up the event loop. */
function checksumOfFirst(piece: Buffer, checkedFrom: number): number | undefined {
  return piece.length < checkedFrom ? undefined : crc32(piece.subarray(checkedFrom));
}

function checksumWith(piece: Buffer, checksum: number | undefined): number | undefined {
  return checksum === undefined ? undefined : crc32(piece, checksum);
}

/** No more than the file holds, so that a small file costs no large buffer. */
function chunkSize(file: Readable, position: number, to: number): number {
  return Math.min(CHUNK, to - position, file.stat().size - position);
}

/**
 * The line that begins at `offset`, without its newline; `undefined` when there is no whole one.
 * @param longest a longer line is not looked for.
 */
export function readLineNow(file: DiskFile, offset: number, longest = Infinity): Buffer | undefined {
  for (let want = Math.min(FIRST_READ, longest); want <= longest; want *= 8) {
    const buffer = Buffer.allocUnsafe(want);
    const count = file.readNow(buffer, offset);
    const end = buffer.subarray(0, count).indexOf(NEWLINE);
    if (end >= 0) return buffer.subarray(0, end);
    if (count < want) return undefined;
  }
  return undefined;
}

const FIRST_READ = 16 << 10;

/** The lines between `from` and `to`, both of which lie between two lines, the last one first. */
export async function* readLinesBackward(file: Readable, from: number, to: number): AsyncGenerator<Buffer[]> {
  // The end of a line that begins in a chunk before, its parts in order.
  let kept: Buffer[] = [];
  let want = BACKWARD_CHUNK;
  for (let position = to; position > from;) {
    const size = Math.min(want, position - from);
    const buffer = Buffer.allocUnsafe(size);
    position -= size;
    if ((await file.read(buffer, position)) !== size) return;
    // A newline at the very end of the chunk closes the line before the one that is kept.
    const before = kept.length === 0 ? size - 1 : size;
    const cut = before === 0 ? 0 : buffer.lastIndexOf(NEWLINE, before - 1) + 1;
    if (cut === 0 && position > from) {
      kept.unshift(buffer);
      want = Math.min(want * 2, CHUNK);
      continue;
    }
    const lines: Buffer[] = [];
    const last = Buffer.concat([buffer.subarray(cut), ...kept]);
    if (last.length > 0) lines.push(last.subarray(0, last.length - 1));
    let end = cut;
    while (end > 0) {
      const start = end < 2 ? 0 : buffer.lastIndexOf(NEWLINE, end - 2) + 1;
      if (start === 0 && position > from) break;
      lines.push(buffer.subarray(start, end - 1));
      end = start;
    }
    kept = end === 0 ? [] : [buffer.subarray(0, end)];
    want = BACKWARD_CHUNK;
    if (lines.length > 0) yield lines;
  }
}

const BACKWARD_CHUNK = 64 << 10;
