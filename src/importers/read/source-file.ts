import { closeSync, constants, fstatSync, openSync, read, readSync } from "node:fs";
import { Readable } from "node:stream";
import { createZstdDecompress } from "node:zlib";
import { ImportError } from "../../session/errors/errors.ts";
import { Beginning } from "./beginning.ts";
import type { Source } from "./source.ts";
import { unreadable } from "./unreadable.ts";

const CHUNK = 1 << 20;
/** Enough for a few records; a file whose first record is longer is looked at further. */
const FIRST_LOOK = 128 << 10;
const LONGEST_LOOK = 16 << 20;
/** Windows has none, and no pipe that would wait to be opened. */
const NO_WAIT = (constants.O_NONBLOCK as number | undefined) ?? 0;
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** A file that is being imported, as it was when it was opened: what is added meanwhile comes the next time. */
export class SourceFile implements Source {
  readonly path: string;
  /** Bytes on disk. */
  readonly size: number;
  readonly modified: Date;
  readonly #file: number;
  readonly #isZstd: boolean;
  /** Its first bytes; of a small file, all of them. */
  readonly #start: Buffer;
  #beginning: Promise<Beginning> | undefined;

  private constructor(path: string, file: number, size: number, modified: Date, start: Buffer) {
    this.path = path;
    this.#file = file;
    this.size = size;
    this.modified = modified;
    this.#start = start;
    this.#isZstd = start.subarray(0, ZSTD.length).equals(ZSTD);
  }

  /** @throws {ImportError} when there is nothing to read. */
  static open(path: string): SourceFile {
    let file: number | undefined;
    try {
      // For what is read here, a thread costs more than it takes.
      file = openSync(path, constants.O_RDONLY | NO_WAIT);
      const found = fstatSync(file);
      if (found.isDirectory()) throw new ImportError(path, "it is a directory");
      if (!found.isFile()) throw new ImportError(path, "it is not a regular file");
      const start = Buffer.allocUnsafeSlow(Math.min(found.size, FIRST_LOOK));
      const length = readSync(file, start, 0, start.length, 0);
      return new SourceFile(path, file, found.size, found.mtime, start.subarray(0, length));
    } catch (error) {
      if (file !== undefined) closeSync(file);
      if (error instanceof ImportError) throw error;
      throw new ImportError(path, unreadable(error), { cause: error });
    }
  }

  /** Bytes of its content; `undefined` for a compressed file, which has to be read to know. */
  get length(): number | undefined {
    return this.#isZstd ? undefined : this.size;
  }

  /** What its beginning and its end look like. */
  async beginning(): Promise<Beginning> {
    return await (this.#beginning ??= this.#look());
  }

  async #look(): Promise<Beginning> {
    const end = this.#isZstd
      ? Buffer.alloc(0)
      : await this.#at(Math.max(this.size - FIRST_LOOK, 0), FIRST_LOOK);
    for (let length = FIRST_LOOK; ; length *= 8) {
      const start = await this.#first(length);
      const isWhole = start.length < length;
      if (isWhole || length >= LONGEST_LOOK || start.includes(0x0a))
        return new Beginning({ path: this.path, modified: this.modified, start, end, isWhole });
    }
  }

  /** Its content, compressed or not, in pieces of about a megabyte. */
  async *chunks(from = 0): AsyncGenerator<Buffer> {
    if (!this.#isZstd) {
      yield* this.#bytes(from);
      return;
    }
    let skip = from;
    const source = Readable.from(this.#bytes(0));
    const content = createZstdDecompress();
    source.on("error", (error) => content.destroy(error));
    try {
      for await (const chunk of source.pipe(content) as AsyncIterable<Buffer>) {
        if (skip < chunk.length) yield chunk.subarray(skip);
        skip = Math.max(skip - chunk.length, 0);
      }
    } catch (error) {
      throw new ImportError(this.path, "it is compressed and damaged", { cause: error });
    } finally {
      source.destroy();
      content.destroy();
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  async #first(length: number): Promise<Buffer> {
    if (!this.#isZstd) return await this.#at(0, length);
    const parts: Buffer[] = [];
    let found = 0;
    for await (const chunk of this.chunks()) {
      parts.push(chunk);
      found += chunk.length;
      if (found >= length) break;
    }
    return Buffer.concat(parts).subarray(0, length);
  }

  async *#bytes(from: number): AsyncGenerator<Buffer> {
    for (let at = from; at < this.size;) {
      const chunk = await this.#at(at, CHUNK);
      if (chunk.length === 0) return;
      yield chunk;
      at += chunk.length;
    }
  }

  async #at(position: number, most: number): Promise<Buffer> {
    const length = Math.min(most, this.size - position);
    if (length <= 0) return Buffer.alloc(0);
    if (position + length <= this.#start.length) return this.#start.subarray(position, position + length);
    const buffer = Buffer.allocUnsafeSlow(length);
    try {
      let done = 0;
      while (done < length) {
        const bytesRead = await this.#read(buffer, done, position + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return buffer.subarray(0, done);
    } catch (error) {
      throw new ImportError(this.path, unreadable(error), { cause: error });
    }
  }

  #read(buffer: Buffer, done: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      read(this.#file, buffer, done, buffer.length - done, position, (error, count) => {
        if (error) reject(error);
        else resolve(count);
      });
    });
  }
}
