import { createReadStream } from "node:fs";

/** One line of a file, without its newline. */
export interface Line {
  /** Counted from 1. */
  readonly number: number;
  /** Where it begins, in bytes. */
  readonly offset: number;
  /** `undefined` when it is longer than the limit; then it was not kept. */
  readonly bytes: Buffer | undefined;
  /** Its length in bytes. */
  readonly length: number;
  /** A newline ends it; the last line of a file may have none. */
  readonly ended: boolean;
}

/** No text that could become a message is longer than this. */
const LONGEST_LINE = 256 << 20;
const CHUNK = 1 << 20;
const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** The lines of a file, holding one at a time. */
export async function* linesOf(path: string, longest: number = LONGEST_LINE): AsyncGenerator<Line> {
  let number = 1;
  let offset = 0;
  let length = 0;
  let parts: Buffer[] = [];

  const add = (part: Buffer): void => {
    length += part.length;
    if (length <= longest) parts.push(part);
    else parts = [];
  };
  const finish = (ended: boolean): Line => {
    let bytes = length > longest ? undefined : parts.length === 1 ? parts[0] : Buffer.concat(parts);
    if (number === 1 && bytes?.subarray(0, 3).equals(BYTE_ORDER_MARK)) bytes = bytes.subarray(3);
    const line = { number, offset, bytes, length, ended };
    number++;
    offset += length + (ended ? 1 : 0);
    length = 0;
    parts = [];
    return line;
  };

  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK }) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      add(chunk.subarray(start, end));
      yield finish(true);
      start = end + 1;
    }
    if (start < chunk.length) add(chunk.subarray(start));
  }
  if (length > 0) yield finish(false);
}
