import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import type { SessionId } from "../../session/session-id.ts";
import type { SessionStore } from "../../store/session-store.ts";
import { storedHead, type StoredHead } from "../../store/reading/stored-head.ts";
import { derivedSessionId } from "../identity.ts";
import type { Importer } from "../importer.ts";
import { digestOf } from "../../operations/original.ts";
import { keptPiece, keptStates, type KeptPiece } from "../original/read-original.ts";
import type { Source } from "../read/source.ts";
import { importStateOf, type ImportState } from "./import-state.ts";

/** How a file and the session of its id stand to each other. */
export type ImportPlan =
  /** There is no such session yet. */
  | { readonly type: "new"; readonly id: SessionId; readonly stored: undefined }
  /** The session has everything. */
  | { readonly type: "unchanged"; readonly id: SessionId; readonly stored: StoredHead }
  /** The file goes on where the session ends. */
  | {
      readonly type: "grown";
      readonly id: SessionId;
      readonly stored: StoredHead;
      readonly state: ImportState;
    }
  /** The file was rewritten; of what is kept of it, so many bytes are still its beginning. */
  | { readonly type: "rewritten"; readonly id: SessionId; readonly stored: StoredHead; readonly keep: number }
  /** The same bytes; they would be read in another way today. */
  | { readonly type: "outdated"; readonly id: SessionId; readonly stored: StoredHead };

interface PlanHooks {
  /** What the store has. */
  readonly lookUp?: ((id: SessionId) => Promise<StoredHead | undefined>) | undefined;
  /** Whether the file is known to have had another path before. */
  readonly wasAt?: ((path: string) => boolean) | undefined;
  /** A digest of what was read beside the file. */
  readonly readBeside?: string | undefined;
}

/**
 * Finds the session that a file is to go to: the one of its id, unless that went another way.
 */
export async function planFor(
  store: SessionStore,
  importer: Importer,
  source: Source,
  named: SessionId,
  { lookUp = (id) => storedHead(store.engine, id), wasAt = () => false, readBeside }: PlanHooks = {},
): Promise<ImportPlan> {
  for (let id = named; ; id = derivedSessionId("diverged", id)) {
    const plan = await planWith(store, importer, source, id, await lookUp(id), { wasAt, readBeside });
    if (plan !== undefined) return plan;
  }
}

/** `undefined` when the session of this id is to be left as it is. */
async function planWith(
  store: SessionStore,
  importer: Importer,
  source: Source,
  id: SessionId,
  stored: StoredHead | undefined,
  { wasAt, readBeside }: { wasAt: (path: string) => boolean; readBeside: string | undefined },
): Promise<ImportPlan | undefined> {
  if (stored === undefined) return { type: "new", id, stored };
  const state = importStateOf(stored.head);
  if (state === undefined || state.format !== importer.format || state.within !== null) return undefined;
  if (importer.supersededBy?.(source.path, state.file) === true) return { type: "unchanged", id, stored };
  const isUntouched = !(await hasOwnMessages(store, id, stored, state));
  const isSame = await beginsWith(source, state);
  // Not a copy, but the very file under another name.
  const isMoved = source.path !== state.file && !existsSync(state.file) && wasAt(state.file);
  if (isSame && (source.length === undefined || source.length === state.bytes)) {
    // For a compressed file the digest is that of all of it.
    if (!isUntouched) return { type: "unchanged", id, stored };
    // What lies beside a copy elsewhere says nothing of the file that was taken in.
    const isOther = state.beside !== readBeside && source.path === state.file;
    if (state.version !== importer.version || isOther) return { type: "outdated", id, stored };
    return isMoved ? { type: "grown", id, stored, state } : { type: "unchanged", id, stored };
  }
  if (isSame && isUntouched && state.version === importer.version)
    return { type: "grown", id, stored, state };
  const keep = await keptBeginning(store, id, source);
  // An earlier copy elsewhere has nothing new; the file itself says what counts, also when it was cut.
  if (keep.isWhole && source.path !== state.file && !isMoved) return { type: "unchanged", id, stored };
  // Another file that says something else, or a session that went on by itself.
  const isItsFile =
    source.path === state.file || isMoved || importer.supersedes?.(source.path, state.file) === true;
  if (!isUntouched || (!isItsFile && !isSame)) return undefined;
  return { type: "rewritten", id, stored, keep: keep.bytes };
}

/** Whether somebody else than the import changed the messages. */
async function hasOwnMessages(
  store: SessionStore,
  id: SessionId,
  stored: StoredHead,
  state: ImportState,
): Promise<boolean> {
  if (stored.revision === state.revision) return false;
  if (stored.messageCount !== state.messages) return true;
  for await (const { splice } of store.engine.commits(id, state.revision)) {
    if (splice !== undefined) return true;
  }
  return false;
}

/** Whether the file's first bytes are those that were taken in; of a compressed file, whether it is the same. */
async function beginsWith(source: Source, { bytes, sha256 }: ImportState): Promise<boolean> {
  if (source.length !== undefined && source.length < bytes) return false;
  const hash = createHash("sha256");
  let left = bytes;
  for await (const chunk of source.chunks()) {
    if (left === 0) return source.length !== undefined && hash.digest("hex") === sha256;
    hash.update(chunk.subarray(0, left));
    if (source.length === undefined && chunk.length > left) return false;
    left -= Math.min(left, chunk.length);
    if (left === 0 && source.length !== undefined) break;
  }
  return left === 0 && hash.digest("hex") === sha256;
}

/** How much of a kept file is the file's beginning, in whole pieces; and whether the file is in it as a whole. */
async function keptBeginning(
  store: SessionStore,
  id: SessionId,
  source: Source,
): Promise<{ readonly bytes: number; readonly isWhole: boolean }> {
  const { states } = await keptStates(store, id);
  const pieces = states.at(-1) ?? [];
  const reader = new PieceReader(source);
  let bytes = 0;
  let isWhole = false;
  for (const piece of pieces) {
    const found = await reader.next(piece);
    if (found === undefined) {
      // It ends within this piece: a copy that was made earlier.
      const kept = await keptPiece(store, id, piece);
      isWhole = kept.subarray(0, reader.rest.length).equals(reader.rest);
    }
    if (found === undefined || digestOf(found) !== piece.sha256) break;
    bytes += piece.bytes;
  }
  await reader.close();
  return { bytes, isWhole: isWhole || bytes === source.length };
}

/** Cuts a file as its kept pieces are cut. */
class PieceReader {
  readonly #chunks: AsyncGenerator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: Source) {
    this.#chunks = source.chunks();
  }

  /** What is left at the file's end. */
  get rest(): Buffer {
    return this.#rest;
  }

  async next({ bytes }: KeptPiece): Promise<Buffer | undefined> {
    while (this.#rest.length < bytes) {
      const step = await this.#chunks.next();
      if (step.done === true) return undefined;
      this.#rest = Buffer.concat([this.#rest, step.value]);
    }
    const found = this.#rest.subarray(0, bytes);
    this.#rest = this.#rest.subarray(bytes);
    return found;
  }

  async close(): Promise<void> {
    await this.#chunks.return(undefined);
  }
}
