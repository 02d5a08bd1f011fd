import { decompressFrame } from "./zstd.ts";

/** How a frame of zstd (RFC 8878) is laid out: as much of it as tells where the next one begins. */
interface FrameLayout {
  /** Bytes of the whole frame. */
  readonly length: number;
  /** Bytes of its content, where it says so. */
  readonly size: number | undefined;
  /** Where its blocks begin, and behind the last of them, from its beginning. */
  readonly blocks: readonly number[];
}

/** Reads `length` bytes, counted from the beginning of the frame; fewer where the file ends. */
type ReadBytes = (position: number, length: number) => Buffer;

export const ZSTD_MAGIC = 0xfd2fb528;

const LONGEST_HEADER = 18;
const BLOCK_HEADER = 3;
const CHECKSUM = 4;
/** A frame header that says nothing but that a megabyte of what came before is enough to know. */
const PLAIN_HEADER = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50]);
const RLE_BLOCK = 1;

/** Measures the frame at `position` 0; `undefined` when there is none, or not all of it. */
export function layoutOf(read: ReadBytes): FrameLayout | undefined {
  const header = read(0, LONGEST_HEADER);
  if (header.length < 6 || header.readUInt32LE(0) !== ZSTD_MAGIC) return undefined;
  const descriptor = header.readUInt8(4);
  const isSingle = (descriptor & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeAt = 5 + (isSingle ? 0 : 1) + dictionary;
  const sizeLength = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  if (header.length < sizeAt + sizeLength) return undefined;
  const blocks = [sizeAt + sizeLength];
  for (let position = sizeAt + sizeLength, isLast = false; !isLast;) {
    const block = read(position, BLOCK_HEADER);
    if (block.length < BLOCK_HEADER) return undefined;
    const value = block.readUIntLE(0, BLOCK_HEADER);
    const [type, size] = [(value >> 1) & 3, value >> 3];
    if (type > 2) return undefined;
    isLast = (value & 1) === 1;
    position += BLOCK_HEADER + (type === RLE_BLOCK ? 1 : size);
    blocks.push(position);
  }
  const end = blocks.at(-1) ?? 0;
  return {
    length: end + ((descriptor & 4) === 0 ? 0 : CHECKSUM),
    size: contentSize(header.subarray(sizeAt, sizeAt + sizeLength)),
    blocks,
  };
}

function contentSize(field: Buffer): number | undefined {
  if (field.length === 0) return undefined;
  if (field.length === 8) return Number(field.readBigUInt64LE(0));
  return field.readUIntLE(0, field.length) + (field.length === 2 ? 256 : 0);
}

/**
 * What can be read of a damaged frame, at its place, and zeros behind it: as many of its blocks, from the first on, as
 * can be decoded. Nothing of it is sure; the checksums of the journal's lines tell what is right.
 */
export function salvagedContent(frame: Buffer, size: number): Buffer {
  const content = Buffer.alloc(size);
  const layout = layoutOf((position, length) => frame.subarray(position, position + length));
  const starts = layout?.blocks ?? [];
  for (let count = starts.length - 1; count > 0; count--) {
    const [from = 0, last = 0, to = 0] = [starts[0], starts[count - 1], starts[count]];
    const blocks = Buffer.from(frame.subarray(from, to));
    // The last block that is taken says that it is the last.
    blocks.writeUInt8(blocks.readUInt8(last - from) | 1, last - from);
    const found = decompressFrame(Buffer.concat([PLAIN_HEADER, blocks]), size, "or fewer");
    if (found === undefined) continue;
    found.copy(content);
    break;
  }
  return content;
}
