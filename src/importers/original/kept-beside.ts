import { createHash } from "node:crypto";
import {
  bytesOf,
  DamagedChunkError,
  ORIGINAL,
  readItem,
  type BesideFile,
  type OriginalItem,
} from "../../operations/original.ts";
import { CorruptSessionError } from "../../session/errors/errors.ts";
import type { Json } from "../../session/json/json.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { SessionStore } from "../../store/session-store.ts";

/** A file that is kept, whole, and the places of its pieces among the session's items. */
export interface KeptBeside extends BesideFile {
  readonly positions: readonly number[];
}

/** What is kept of files beside the one that a session was imported from. */
export interface KeptFiles {
  /** By name; of a file that changed, what it was last. */
  readonly files: ReadonlyMap<string, KeptBeside>;
  /** All that was kept before was given up when the session was redacted. */
  readonly isRedacted: boolean;
}

export async function keptBeside(store: SessionStore, id: SessionId): Promise<KeptFiles> {
  const files = new Map<string, KeptBeside>();
  let isRedacted = false;
  let open: { readonly of: BesideFile; readonly positions: number[]; bytes: number } | undefined;
  for await (const { position, item } of store.sideItems(id, { list: ORIGINAL })) {
    const read = readable(item);
    if (read === undefined) continue;
    isRedacted ||= read.type === "redacted";
    if (read.type !== "beside") continue;
    if (read.at === 0) open = { of: read.of, positions: [], bytes: 0 };
    // A file of which only a part was kept, by an import that was killed, is none.
    if (open === undefined || open.bytes !== read.at || open.of.sha256 !== read.of.sha256) continue;
    open.positions.push(position);
    open.bytes += read.bytes;
    if (open.bytes < read.of.bytes) continue;
    files.set(read.of.name, { ...read.of, positions: open.positions });
    open = undefined;
  }
  return { files, isRedacted };
}

/** What is damaged is told by whoever gives the file back. */
function readable(item: Json): OriginalItem | undefined {
  try {
    return readItem(item);
  } catch (error) {
    if (error instanceof DamagedChunkError) return undefined;
    throw error;
  }
}

/** A damaged piece has none: that is told by the digest of the whole. */
function bytesOrNone(read: OriginalItem & { type: "beside" }): Buffer {
  try {
    return bytesOf(read);
  } catch (error) {
    if (error instanceof DamagedChunkError) return Buffer.alloc(0);
    throw error;
  }
}

/** The file's bytes; at their end they are known to be those that were kept. @throws {CorruptSessionError} */
export async function* besideOf(
  store: SessionStore,
  id: SessionId,
  { name, sha256, positions }: KeptBeside,
): AsyncGenerator<Buffer> {
  const hash = createHash("sha256");
  for (const position of positions)
    for await (const { item } of store.sideItems(id, { list: ORIGINAL, from: position, limit: 1 })) {
      const read = readable(item);
      if (read?.type !== "beside") continue;
      const piece = bytesOrNone(read);
      hash.update(piece);
      yield piece;
    }
  if (hash.digest("hex") !== sha256)
    throw new CorruptSessionError(id, `what is kept of ${name} is not what was taken in`);
}
