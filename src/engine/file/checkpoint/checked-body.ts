import { crc32 } from "node:zlib";
import type { DiskFile, FileStat } from "../disk/disk.ts";
import { READ_AT_ONCE, readFully, readOnce } from "../disk/read-fully.ts";
import { checksumText } from "../journal/record/record-line.ts";
import { BLOCK } from "./checkpoint-layout.ts";

/** A part of a checkpoint does not have the checksum with which it was written. */
export class DamagedCheckpoint extends Error {
  override readonly name = "DamagedCheckpoint";
}

/** What stands behind a checkpoint's header; each block is compared with its checksum before it is handed out. */
export class CheckedBody {
  readonly #file: DiskFile;
  readonly #begin: number;
  readonly #end: number;
  /** Eight digits for each block; `undefined` when the whole file was checked before. */
  readonly #sums: string | undefined;

  constructor(file: DiskFile, begin: number, end: number, sums: string | undefined) {
    this.#file = file;
    this.#begin = begin;
    this.#end = end;
    this.#sums = sums;
  }

  stat(): FileStat {
    return { ...this.#file.stat(), size: this.#end };
  }

  /** Reads at `position`, up to the end of the body. @throws {DamagedCheckpoint} */
  async read(target: Uint8Array, position: number): Promise<number> {
    const length = Math.min(target.length, this.#end - position);
    if (length <= 0) return 0;
    const wanted = Buffer.from(target.buffer, target.byteOffset, length);
    const from = position - ((position - this.#begin) % BLOCK);
    const to = Math.min(
      this.#end,
      this.#begin + Math.ceil((position + length - this.#begin) / BLOCK) * BLOCK,
    );
    if (from === position && to === position + length) {
      await this.#readBlocks(wanted, from);
    } else {
      const blocks = Buffer.allocUnsafe(to - from);
      await this.#readBlocks(blocks, from);
      blocks.copy(wanted, 0, position - from, position - from + length);
    }
    return length;
  }

  /** Compares everything. @throws {DamagedCheckpoint} */
  async check(): Promise<void> {
    if (this.#sums === undefined) return;
    const buffer = Buffer.allocUnsafe(16 * BLOCK);
    for (let at = this.#begin; at < this.#end; at += buffer.length)
      await this.#readBlocks(buffer.subarray(0, Math.min(buffer.length, this.#end - at)), at);
  }

  async #readBlocks(blocks: Buffer, from: number): Promise<void> {
    // A small body is read in a few steps at most.
    const read = this.#end - this.#begin <= READ_AT_ONCE ? readOnce : readFully;
    if ((await read(this.#file, blocks, from)) !== blocks.length)
      throw new DamagedCheckpoint("the file ends too early");
    if (this.#sums === undefined) return;
    for (let at = 0; at < blocks.length; at += BLOCK) {
      const index = (from + at - this.#begin) / BLOCK;
      const expected = this.#sums.slice(index * 8, index * 8 + 8);
      if (checksumText(crc32(blocks.subarray(at, at + BLOCK))) !== expected)
        throw new DamagedCheckpoint(`bytes ${from + at} to ${from + at + BLOCK} do not have their checksum`);
    }
  }
}
