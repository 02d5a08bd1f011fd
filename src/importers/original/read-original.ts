import { CorruptSessionError, InvalidArgumentError } from "../../session/errors/errors.ts";
import { parseSessionId, type SessionId } from "../../session/session-id.ts";
import type { SessionStore } from "../../store/session-store.ts";
import {
  bytesOf,
  DamagedChunkError,
  ORIGINAL,
  readItem,
  type OriginalItem,
} from "../../operations/original.ts";

/** A piece of a kept file: where its item stands in the session's side lists, and which bytes of the file it is. */
export interface KeptPiece {
  readonly position: number;
  readonly offset: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** What is kept of a file. */
export interface KeptStates {
  /** The states of the file that are kept, oldest first; the last is the newest. Memory: a line for each megabyte. */
  readonly states: readonly (readonly KeptPiece[])[];
  /** What was kept before was given up when the session was redacted. */
  readonly isRedacted: boolean;
}

/** What is kept of the file that a session was imported from. */
export async function keptStates(store: SessionStore, id: SessionId): Promise<KeptStates> {
  let states: KeptPiece[][] = [];
  let current: KeptPiece[] | undefined;
  let offset = 0;
  let isRedacted = false;
  let isGap = false;
  for await (const { position, item } of store.sideItems(id, { list: ORIGINAL })) {
    const read = checked(id, () => readItem(item));
    if (read.type === "beside") continue;
    if (read.type === "redacted") {
      [states, current, isRedacted, isGap] = [[], undefined, true, true];
      continue;
    }
    // What follows goes on from what was given up, until the file is kept from its beginning again.
    if (isGap && (read.type === "chunk" || read.keep > 0)) continue;
    isGap = false;
    if (current === undefined || read.type === "cut") {
      const keep = read.type === "cut" ? read.keep : 0;
      current = (current ?? []).filter((piece) => piece.offset + piece.bytes <= keep);
      offset = current.reduce((sum, piece) => sum + piece.bytes, 0);
      if (offset !== keep)
        throw new CorruptSessionError(id, "its original file was cut where no piece of it ends");
      states.push(current);
    }
    if (read.type === "cut") continue;
    current.push({ position, offset, bytes: read.bytes, sha256: read.sha256 });
    offset += read.bytes;
  }
  return { states, isRedacted };
}

/**
 * The file that a session was imported from, byte for byte, each piece checked against its digest.
 * @param state which of the kept states of the file, counted from 1. Default: the newest.
 * @throws {InvalidArgumentError} for a session or a state that is not kept.
 * @throws {CorruptSessionError} when what is kept is not what was taken in.
 */
export async function* originalOf(
  store: SessionStore,
  sessionId: string,
  state?: number,
): AsyncGenerator<Buffer> {
  const id = parseSessionId(sessionId);
  const { states, isRedacted } = await keptStates(store, id);
  if (states.length === 0 && isRedacted)
    throw new InvalidArgumentError(
      `Session ${id} keeps no original any more: it was given up when the session was redacted. Export it in another format.`,
    );
  if (states.length === 0)
    throw new InvalidArgumentError(
      `Session ${id} keeps no original: it was not imported from a file of its own.`,
    );
  const pieces = states[(state ?? states.length) - 1];
  if (pieces === undefined) {
    throw new InvalidArgumentError(
      `The original of session ${id} has ${states.length} states, counted from 1.`,
    );
  }
  const wanted = new Set(pieces.map(({ position }) => position));
  for await (const { position, item } of store.sideItems(id, {
    list: ORIGINAL,
    from: pieces[0]?.position ?? 0,
  })) {
    if (!wanted.delete(position)) continue;
    yield checked(id, () => bytesOf(readItem(item) as OriginalItem & { type: "chunk" }));
  }
}

/** The bytes of one piece, checked. @throws {CorruptSessionError} */
export async function keptPiece(
  store: SessionStore,
  id: SessionId,
  { position }: KeptPiece,
): Promise<Buffer> {
  for await (const { item } of store.sideItems(id, { list: ORIGINAL, from: position, limit: 1 }))
    return checked(id, () => bytesOf(readItem(item) as OriginalItem & { type: "chunk" }));
  throw new CorruptSessionError(id, "a piece of its original file is missing");
}

function checked<T>(id: SessionId, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DamagedChunkError)) throw error;
    throw new CorruptSessionError(id, `of the original file, ${error.message}`, { cause: error });
  }
}
