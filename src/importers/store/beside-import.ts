import { createHash } from "node:crypto";
import { open, stat, type FileHandle } from "node:fs/promises";
import { besideItem, ORIGINAL } from "../../operations/original.ts";
import type { Json } from "../../session/json/json.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { SessionStore } from "../../store/session-store.ts";
import type { StoredHead } from "../../store/reading/stored-head.ts";
import type { Harvest } from "../draft/harvest.ts";
import type { FileBeside, Importer } from "../importer.ts";
import { keptBeside, type KeptFiles } from "../original/kept-beside.ts";
import type { FileLook } from "../read/file-look.ts";
import { unreadable } from "../read/unreadable.ts";
import { importStateOf, withImportState } from "./import-state.ts";

const PIECE = 1 << 20;

/** Remembers which files beside others were kept, and what they looked like then. */
export interface BesideNotes {
  readonly isKept: (path: string, look: FileLook) => boolean;
  readonly note: (path: string, look: FileLook) => void;
}

/** What an agent keeps in files beside a session's own, as far as the session does not have it. */
export class BesideImport {
  readonly #store: SessionStore;
  readonly #importer: Importer;
  readonly #path: string;
  readonly #notes: BesideNotes | undefined;
  readonly #noted: (() => void)[] = [];
  #kept: Promise<KeptFiles> | undefined;

  constructor(store: SessionStore, importer: Importer, path: string, notes: BesideNotes | undefined) {
    this.#store = store;
    this.#importer = importer;
    this.#path = path;
    this.#notes = notes;
  }

  /**
   * The pieces that the session does not have, a file after the other; what its records name and is nowhere is told.
   * @param id `undefined`: the session is not stored yet, and has nothing.
   */
  async *items(id: SessionId | undefined, harvest: Harvest): AsyncGenerator<Json> {
    const files = (await this.#importer.beside?.(this.#path)) ?? [];
    for (const file of files) yield* this.#pieces(id, file, harvest);
    const names = new Set(files.map(({ name }) => name));
    for (const [name, place] of harvest.beside) {
      if (names.has(name) || (id !== undefined && (await this.#keptOf(id)).files.has(name))) continue;
      harvest.place = place;
      harvest.problem(`${name}, with what a tool answered, is not there`);
    }
  }

  /** What was given is stored: the next time it is not looked into. */
  stored(): void {
    for (const note of this.#noted.splice(0)) note();
  }

  async *#pieces(
    id: SessionId | undefined,
    { name, path }: FileBeside,
    harvest: Harvest,
  ): AsyncGenerator<Json> {
    let file: FileHandle | undefined;
    try {
      const look = await stat(path, { bigint: true });
      if (id !== undefined && this.#notes?.isKept(path, look) === true) return;
      file = await open(path);
      const hash = createHash("sha256");
      const bytes = await eachPiece(file, (piece) => hash.update(piece));
      const of = { name, bytes, sha256: hash.digest("hex") };
      const kept = id === undefined ? undefined : await this.#keptOf(id);
      // What was given up is not brought in again behind the back of who redacted it.
      if (kept?.isRedacted === true || kept?.files.get(name)?.sha256 === of.sha256) {
        this.#noted.push(() => this.#notes?.note(path, look));
        return;
      }
      const again = createHash("sha256");
      for (let at = 0; at === 0 || at < bytes; at += PIECE) {
        const piece = await pieceAt(file, at, Math.min(PIECE, bytes - at));
        again.update(piece);
        // It is written anew meanwhile: without its last piece it is not kept, and the next import looks again.
        if (at + PIECE >= bytes && again.digest("hex") !== of.sha256) return;
        yield besideItem(of, at, piece);
      }
      this.#noted.push(() => this.#notes?.note(path, look));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
      harvest.place = harvest.beside.get(name) ?? { offset: 0 };
      harvest.problem(`${name} beside it cannot be read: ${unreadable(error)}`);
    } finally {
      await file?.close();
    }
  }

  async #keptOf(id: SessionId): Promise<KeptFiles> {
    return await (this.#kept ??= keptBeside(this.#store, id));
  }
}

/** Of a file that has nothing new: what lies beside it may have. */
export async function keepBeside(
  store: SessionStore,
  { id, stored }: { readonly id: SessionId; readonly stored: StoredHead },
  beside: BesideImport,
  harvest: Harvest,
): Promise<void> {
  const state = importStateOf(stored.head);
  const items: Json[] = [];
  for await (const item of beside.items(id, harvest)) items.push(item);
  if (items.length === 0 || state === undefined) return;
  const { revision: base, tag: baseTag, updatedAt: at } = stored;
  // Nothing else came to the session since the import: nothing has afterwards.
  const isLast = state.revision === base;
  const extra = withImportState(stored.head.extra, { ...state, revision: base + 1 }, undefined);
  await store.commit(id, {
    ...{ base, baseTag, at, side: { [ORIGINAL]: items } },
    ...(isLast && { set: { extra } }),
  });
}

async function eachPiece(file: FileHandle, take: (piece: Buffer) => unknown): Promise<number> {
  for (let at = 0; ;) {
    const piece = await pieceAt(file, at, PIECE);
    if (piece.length === 0) return at;
    take(piece);
    at += piece.length;
  }
}

async function pieceAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(buffer, done, length - done, at + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, done);
}
