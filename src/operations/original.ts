import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { isJsonObject, type Json } from "../session/json.ts";

/**
 * The side list in which a session keeps the file that it was imported from, byte for byte: in compressed pieces, each
 * with its digest, one behind the other. An item that cuts says that the file was rewritten from some byte on.
 */
export const ORIGINAL = "original";

/** An item of the list. */
export type OriginalItem =
  | { readonly type: "chunk"; readonly bytes: number; readonly sha256: string; readonly zstd: string }
  /** The file was rewritten: of what was kept before, so many bytes are still its beginning. */
  | { readonly type: "cut"; readonly keep: number }
  /** What was kept here was given up when the session was redacted. */
  | { readonly type: "redacted" };

/** Stands where a piece stood that was given up. */
export const REDACTED_ITEM: Json = Object.freeze({ redacted: true });

export function isRedacted(item: Json): boolean {
  return isJsonObject(item) && item["redacted"] === true;
}

/** The text of a piece; `undefined` for an item that has none, or cannot be read. */
export function textOfItem(item: Json): string | undefined {
  try {
    const read = readItem(item);
    return read.type === "chunk" ? bytesOf(read).toString("utf8") : undefined;
  } catch (error) {
    if (error instanceof DamagedChunkError) return undefined;
    throw error;
  }
}

export class DamagedChunkError extends Error {
  override readonly name = "DamagedChunkError";
}

/** A piece of the file as an item of the list. */
export function chunkItem(bytes: Buffer): Json {
  return {
    bytes: bytes.length,
    sha256: digestOf(bytes),
    zstd: zstdCompressSync(bytes).toString("base64"),
  };
}

export function cutItem(keep: number): Json {
  return { cut: keep };
}

export function digestOf(bytes: Buffer): string {
  // Loaded when it is needed: a list has no use for it.
  return process.getBuiltinModule("node:crypto").createHash("sha256").update(bytes).digest("hex");
}

/** @throws {DamagedChunkError} when it is none. */
export function readItem(item: Json): OriginalItem {
  if (isJsonObject(item)) {
    if (isRedacted(item)) return { type: "redacted" };
    const { bytes, sha256, zstd, cut } = item;
    if (typeof cut === "number") return { type: "cut", keep: cut };
    if (typeof bytes === "number" && typeof sha256 === "string" && typeof zstd === "string")
      return { type: "chunk", bytes, sha256, zstd };
  }
  throw new DamagedChunkError("an item is neither a piece nor a cut");
}

/** The piece's bytes, checked. @throws {DamagedChunkError} when they are not those that were kept. */
export function bytesOf({ bytes, sha256, zstd }: OriginalItem & { type: "chunk" }): Buffer {
  let content: Buffer;
  try {
    content = zstdDecompressSync(Buffer.from(zstd, "base64"), { maxOutputLength: bytes });
  } catch (error) {
    throw new DamagedChunkError("a piece cannot be unpacked", { cause: error });
  }
  if (digestOf(content) !== sha256) throw new DamagedChunkError("a piece is not what was kept");
  return content;
}
