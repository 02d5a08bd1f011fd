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

/** Makes lines of a file's chunks, holding no more than one line. */
export class LineSplitter {
  readonly #longest: number;
  #number = 1;
  #offset = 0;
  #length = 0;
  #parts: Buffer[] = [];

  constructor(longest: number = LONGEST_LINE) {
    this.#longest = longest;
  }

  /** The lines that end in this chunk. */
  *push(chunk: Buffer): Generator<Line> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#add(chunk.subarray(start, end));
      yield this.#finish(true);
      start = end + 1;
    }
    if (start < chunk.length) this.#add(chunk.subarray(start));
  }

  /** What stands behind the last newline. */
  end(): Line | undefined {
    return this.#length > 0 ? this.#finish(false) : undefined;
  }

  #add(part: Buffer): void {
    this.#length += part.length;
    if (this.#length <= this.#longest) this.#parts.push(part);
    else this.#parts = [];
  }

  #finish(ended: boolean): Line {
    const length = this.#length;
    const isWhole = length <= this.#longest;
    let bytes = !isWhole ? undefined : this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
    if (this.#number === 1 && bytes?.subarray(0, 3).equals(BYTE_ORDER_MARK)) bytes = bytes.subarray(3);
    const line = { number: this.#number, offset: this.#offset, bytes, length, ended };
    this.#number++;
    this.#offset += length + (ended ? 1 : 0);
    this.#length = 0;
    this.#parts = [];
    return line;
  }
}

/** The lines of a file, holding one at a time. */
export async function* linesOf(path: string, longest: number = LONGEST_LINE): AsyncGenerator<Line> {
  const splitter = new LineSplitter(longest);
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK }) as AsyncIterable<Buffer>) {
    yield* splitter.push(chunk);
  }
  const last = splitter.end();
  if (last !== undefined) yield last;
}
