import * as zlib from "node:zlib";

/** How hard zstd tries; measured: beyond this it takes much longer and gains little. */
const LEVEL = 9;
/** The same for what is packed while somebody waits: a fortieth more room, less than half the time. */
export const QUICK_LEVEL = 3;

/** Whether this runtime's zlib has zstd: Node since 22.15; Bun and Deno have it in their later versions. */
export function hasZstd(): boolean {
  const { zstdCompressSync, zstdDecompressSync } = zlib as Partial<typeof zlib>;
  return zstdCompressSync !== undefined && zstdDecompressSync !== undefined;
}

/** One frame, with its checksum and the size of its content. Blocks for some milliseconds a megabyte. */
export function compressFrame(bytes: Uint8Array, level = LEVEL): Buffer {
  const { ZSTD_c_compressionLevel, ZSTD_c_checksumFlag } = zlib.constants;
  const params = { [ZSTD_c_compressionLevel]: level, [ZSTD_c_checksumFlag]: 1 };
  return zlib.zstdCompressSync(bytes, { params, pledgedSrcSize: bytes.length });
}

/**
 * The content of a frame; `undefined` when it is damaged.
 * @param size in bytes: just so many, or so many at most.
 */
export function decompressFrame(
  frame: Uint8Array,
  size: number,
  how: "all" | "or fewer" = "all",
): Buffer | undefined {
  try {
    // In one piece: small ones would have to be put together.
    const content = zlib.zstdDecompressSync(frame, {
      chunkSize: Math.max(size, SMALLEST_CHUNK),
      maxOutputLength: size + SMALLEST_CHUNK,
    });
    const isRight = how === "all" ? content.length === size : content.length <= size;
    return isRight ? content : undefined;
  } catch {
    return undefined;
  }
}

/** zlib takes no smaller ones. */
const SMALLEST_CHUNK = 64;
