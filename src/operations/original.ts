import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { isJsonObject, type Json, type JsonObject } from "../session/json/json.ts";

/**
 * The side list in which a session keeps the file that it was imported from, byte for byte: in compressed pieces, each
 * with its digest, one behind the other. An item that cuts says that the file was rewritten from some byte on. Pieces of
 * files that lay beside it, as what tools answered at length, stand among them with the file's name.
 */
export const ORIGINAL = "original";

/** An item of the list. */
export type OriginalItem =
  | ({ readonly type: "chunk" } & Packed)
  /** A piece of a file beside it: which bytes of the file it is, and what the whole of the file is. */
  | ({ readonly type: "beside"; readonly at: number; readonly of: BesideFile } & Packed)
  /** The file was rewritten: of what was kept before, so many bytes are still its beginning. */
  | { readonly type: "cut"; readonly keep: number }
  /** What was kept here was given up when the session was redacted. */
  | { readonly type: "redacted" };

interface Packed {
  readonly bytes: number;
  readonly sha256: string;
  readonly zstd: string;
}

/** A file that lay beside the one that a session was imported from. */
export interface BesideFile {
  /** Its path from the folder of that one, with `/` between its parts. */
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Stands where a piece stood that was given up. */
export const REDACTED_ITEM: Json = Object.freeze({ redacted: true });

export function isRedacted(item: Json): boolean {
  return isJsonObject(item) && item["redacted"] === true;
}

/** The text of a piece; `undefined` for an item that has none, or cannot be read. */
export function textOfItem(item: Json): string | undefined {
  try {
    const read = readItem(item);
    return read.type === "chunk" || read.type === "beside" ? bytesOf(read).toString("utf8") : undefined;
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

/** A piece of a file beside it, from byte `at` on. */
export function besideItem(of: BesideFile, at: number, bytes: Buffer): Json {
  return { ...(chunkItem(bytes) as JsonObject), beside: { ...of }, at };
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
    const { bytes, sha256, zstd, cut, beside, at } = item;
    if (typeof cut === "number") return { type: "cut", keep: cut };
    if (typeof bytes === "number" && typeof sha256 === "string" && typeof zstd === "string") {
      if (beside === undefined) return { type: "chunk", bytes, sha256, zstd };
      const of = besideFile(beside);
      if (of !== undefined && typeof at === "number") return { type: "beside", at, of, bytes, sha256, zstd };
    }
  }
  throw new DamagedChunkError("an item is neither a piece nor a cut");
}

function besideFile(value: Json): BesideFile | undefined {
  if (!isJsonObject(value)) return undefined;
  const { name, bytes, sha256 } = value;
  if (typeof name !== "string" || typeof bytes !== "number" || typeof sha256 !== "string") return undefined;
  return { name, bytes, sha256 };
}

/** The piece's bytes, checked. @throws {DamagedChunkError} when they are not those that were kept. */
export function bytesOf({ bytes, sha256, zstd }: Packed): Buffer {
  let content: Buffer;
  try {
    content = zstdDecompressSync(Buffer.from(zstd, "base64"), { maxOutputLength: Math.max(bytes, 1) });
  } catch (error) {
    throw new DamagedChunkError("a piece cannot be unpacked", { cause: error });
  }
  if (digestOf(content) !== sha256) throw new DamagedChunkError("a piece is not what was kept");
  return content;
}
