import { stat } from "node:fs/promises";
import type { SessionStore } from "../store/session-store.ts";
import { ConflictError, ImportError } from "../session/errors/errors.ts";
import type { SessionId } from "../session/session-id.ts";
import { detected } from "./detect.ts";
import type { DatabaseFormat } from "./database/database-format.ts";
import { importDatabase } from "./database/import-database.ts";
import type { ImportResult } from "./import-result.ts";
import { inTrash, resultOf, unchanged } from "./told-result.ts";
import type { Importer } from "./importer.ts";
import { importNative } from "./native/import-native.ts";
import type { NativeImporter } from "./native/native-importer.ts";
import { OpencodeTree, opencodeTreeImporter } from "./opencode/opencode-tree.ts";
import { lookWith } from "./read-with.ts";
import type { FileLook } from "./read/file-look.ts";
import type { Source } from "./read/source.ts";
import { SourceFile } from "./read/source-file.ts";
import { isSpooled } from "./read/spool.ts";
import { unreadable } from "./read/unreadable.ts";
import { ImportLedger, type KnownFile } from "./store/import-ledger.ts";
import { Families } from "./store/families.ts";
import { FileImport } from "./store/file-import.ts";
import { InTrashError } from "./store/file-outcome.ts";
import { NewSessions } from "./store/new-sessions.ts";
import { Rest } from "./store/rest.ts";
import { SessionMarks } from "./store/session-marks.ts";

export interface ImportOptions {
  /** Where it is noted which files were looked at: those that did not change since are not opened again. */
  readonly ledger?: string | undefined;
  /** Called with the bytes of the file that were worked through, now and then. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
  /** Ends the import of a database of many sessions behind the one at hand. */
  readonly signal?: AbortSignal | undefined;
  /** A session in which nothing was said for so many milliseconds is packed, where the store can. Default: none is. */
  readonly packAfterMs?: number | undefined;
}

/** What concerns one file. */
export interface FileOptions {
  /** It was named, and does not merely lie in a folder: that it is no transcript is an error. */
  readonly named?: boolean | undefined;
  readonly onProgress?: ImportOptions["onProgress"];
  /** What the file looks like, for whoever has just looked. */
  readonly stat?: FileLook | undefined;
}

/** What becomes of a file that merely lies in a folder: `undefined` when it is of no known format. */
export type AnyResult = ImportResult | { readonly unsupported: string } | undefined;

/** A file that was worked through. What it came to is told when that is stored, which `flush` sees to. */
export interface Begun {
  readonly result: Promise<AnyResult>;
}

/** What a file came to; or how to learn it, where its session waits to be stored with others. */
type Read = AnyResult | (() => Promise<ImportResult>);

/** Each time, another import has got further. */
const MOST_ATTEMPTS = 50;

/**
 * Brings files into a store. Importing again adds only what is new.
 *
 * A session that somebody went on with in the store is left as it is: a file that goes another way becomes a session of
 * its own, always the same one.
 */
export class ImportRun {
  readonly #store: SessionStore;
  readonly #options: ImportOptions;
  readonly #families: Families;
  readonly #together: NewSessions;
  readonly #rest: Rest;
  #opened: ImportLedger | undefined;
  #marks: SessionMarks | undefined;
  /** Files of which their look does not tell whether they changed. */
  readonly #unnoted = new Set<string>();
  #stored: Promise<ReadonlySet<string>> | undefined;
  #trashed: Promise<ReadonlySet<SessionId>> | undefined;

  constructor(store: SessionStore, options: ImportOptions = {}) {
    this.#store = store;
    this.#options = options;
    this.#families = new Families(store);
    this.#together = new NewSessions(store);
    this.#rest = new Rest(store, options.packAfterMs);
  }

  /**
   * @throws {ImportError} when the file cannot be read or is of no known format.
   * @throws {SessionStoreError} when the store fails; what was added until then stays, and the next import goes on there.
   */
  async file(path: string, options: FileOptions = {}): Promise<ImportResult> {
    return named(path, await this.anyFile(path, { ...options, named: true }));
  }

  /**
   * The same for a file that merely lies in a folder: `undefined` when it is of no known format, and a name when it is
   * known and not read.
   */
  async anyFile(path: string, options: FileOptions = {}): Promise<AnyResult> {
    const { result } = await this.#begin(path, options, undefined);
    const found = await result;
    this.#opened?.flush();
    return found;
  }

  /** Works a file through as `file` and `anyFile` do; a new session may wait to be stored with others. */
  async begin(path: string, options: FileOptions = {}): Promise<Begun> {
    const { result } = await this.#begin(path, options, this.#together);
    if (this.#together.isFull) await this.flush();
    return { result: options.named === true ? result.then((found) => named(path, found)) : result };
  }

  /** Stores what waits to be stored. */
  async flush(): Promise<void> {
    await this.#together.flush();
    this.#opened?.flush();
  }

  async #begin(path: string, options: FileOptions, together: NewSessions | undefined): Promise<Begun> {
    const isNamed = options.named === true;
    const stat = options.stat ?? (await statOf(path));
    const known = stat === undefined ? undefined : await this.#known(path, stat, isNamed);
    if (known !== undefined)
      return { result: Promise.resolve(known.format === null ? undefined : unchanged(path, known)) };
    const log = await lookWith(path);
    const read = await this.#read(path, options, together);
    const noted = (result: AnyResult): AnyResult => {
      if (stat !== undefined && !this.#unnoted.delete(path)) this.#note(path, stat, result, log);
      return result;
    };
    return {
      result:
        typeof read === "function"
          ? this.#later(path, options, read).then(noted)
          : Promise.resolve(noted(read)),
    };
  }

  async #later(path: string, options: FileOptions, read: () => Promise<ImportResult>): Promise<AnyResult> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      // Somebody else has stored the session meanwhile.
      const again = await this.#read(path, options, undefined);
      return typeof again === "function" ? await again() : again;
    }
  }

  /** A file that did not change since it was looked at, and whose session is there. */
  async #known(path: string, stat: FileLook, isNamed: boolean): Promise<KnownFile | undefined> {
    const known = this.#ledger()?.known(path, stat);
    if (known === undefined || (known.format === null && isNamed)) return undefined;
    if (known.log !== undefined && known.log !== (await lookWith(path))) return undefined;
    return known.sessionId === null || (await this.#isStored(known.sessionId)) ? known : undefined;
  }

  async #isStored(id: string): Promise<boolean> {
    this.#stored ??= this.#store.list().then((ids) => new Set(ids));
    return (await this.#stored).has(id);
  }

  #ledger(): ImportLedger | undefined {
    const { ledger } = this.#options;
    if (ledger !== undefined) this.#opened ??= ImportLedger.open(ledger);
    return this.#opened;
  }

  /** Asks the store anew which sessions it has, and which are in the trash: others work on it too. */
  refresh(): void {
    this.#stored = undefined;
    this.#trashed = undefined;
  }

  /** Lets go of what it noted, and of what waits to be stored. */
  close(): void {
    this.#opened?.close();
    this.#marks?.close();
  }

  #note(path: string, stat: FileLook, result: AnyResult, log: string | undefined): void {
    if (result !== undefined && "unsupported" in result) return;
    this.#ledger()?.note(path, stat, {
      format: result?.format ?? null,
      sessionId: result?.sessionId ?? null,
      problemCount: result?.problemCount ?? 0,
      lossy: result?.lossy ?? false,
      ...(result?.outcome === "in trash" && { inTrash: true }),
      ...(log !== undefined && { log }),
    });
  }

  async #read(path: string, options: FileOptions, together: NewSessions | undefined): Promise<Read> {
    const isNamed = options.named === true;
    const source = SourceFile.open(path);
    try {
      const found = await detected(source);
      if (found === undefined) return undefined;
      if (found.type === "agent" && found.importer.onlyNamed === true && !isNamed) return undefined;
      if (found.type === "unsupported") return { unsupported: found.name };
      const { onProgress } = { ...this.#options, ...options };
      // What changes in it changes in other files.
      if (found.type === "tree") this.#unnoted.add(path);
      if (found.type === "database") {
        const result = await this.#database(path, found.importer, onProgress);
        if (result === undefined && isNamed) throw new ImportError(path, "it holds no session");
        return result;
      }
      return await again<Read>(path, () =>
        found.type === "agent"
          ? this.#agentFile(source, found.importer, onProgress, together)
          : found.type === "tree"
            ? this.#opencodeTree(path, onProgress)
            : this.#nativeFile(path, found.importer, onProgress),
      );
    } finally {
      source.close();
    }
  }

  async #opencodeTree(path: string, onProgress: ImportOptions["onProgress"]): Promise<Read> {
    const tree = await OpencodeTree.open(path);
    return await this.#agentFile(tree, opencodeTreeImporter(path, await tree.session()), onProgress);
  }

  async #agentFile(
    source: Source,
    importer: Importer,
    onProgress: ImportOptions["onProgress"],
    together?: NewSessions,
  ): Promise<Read> {
    try {
      const hooks = {
        together,
        isResting: this.#rest.isResting,
        isTrashed: (id: SessionId) => this.#isTrashed(id),
        wasAt: (path: string) => !isSpooled(path) && this.#ledger()?.isMoved(path, source.path) === true,
        besideNotes: this.#ledger()?.besideNotes,
        onProgress,
      };
      const outcome = await FileImport.run(this.#store, importer, source, hooks);
      const told = async (): Promise<ImportResult> => {
        await outcome.stored;
        await this.#families.saw(outcome.plan.id, outcome.harvest.children);
        await this.#rest.pack(outcome);
        return resultOf(source.path, importer.format, outcome);
      };
      return outcome.stored === undefined ? await told() : told;
    } catch (error) {
      if (error instanceof InTrashError) return inTrash(source.path, importer.format, error.id);
      throw error;
    }
  }

  async #database(
    path: string,
    format: DatabaseFormat,
    onProgress: ImportOptions["onProgress"],
  ): Promise<ImportResult | undefined> {
    const { ledger } = this.#options;
    if (ledger !== undefined) this.#marks ??= SessionMarks.open(ledger);
    const asked = {
      isStored: (id: SessionId) => this.#isStored(id),
      isTrashed: (id: SessionId) => this.#isTrashed(id),
    };
    const { signal } = this.#options;
    const shared = { marks: this.#marks, together: this.#together, rest: this.#rest, signal, onProgress };
    const result = await importDatabase({ store: this.#store, ...shared, ...asked }, path, format);
    // Some of its sessions may not have been looked at.
    if (signal?.aborted === true) this.#unnoted.add(path);
    return result;
  }

  async #nativeFile(
    path: string,
    importer: NativeImporter,
    onProgress: ImportOptions["onProgress"],
  ): Promise<ImportResult> {
    const isTrashed = async (id: SessionId): Promise<void> => {
      if (await this.#isTrashed(id)) throw new InTrashError(id);
    };
    try {
      const { id, named, isNew, added, ...problems } = await importNative(this.#store, importer, path, {
        isTrashed,
        onProgress,
      });
      const outcome = isNew ? "created" : added > 0 ? "extended" : "unchanged";
      const divergedFrom = id === named ? undefined : named;
      return {
        ...{ path, format: importer.format, sessionId: id, outcome, messagesAdded: added },
        ...{ divergedFrom, forkedFrom: undefined, others: [], ...problems },
      };
    } catch (error) {
      if (error instanceof InTrashError) return inTrash(path, importer.format, error.id);
      throw error;
    }
  }

  async #isTrashed(id: SessionId): Promise<boolean> {
    if (!this.#store.engine.capabilities.trash) return false;
    this.#trashed ??= this.#store.trashed().then((lives) => new Set(lives.map((life) => life.id)));
    return (await this.#trashed).has(id);
  }
}

/**
 * Brings one file's session into the store; see `ImportRun`.
 * @throws {ImportError} when the file cannot be read or is of no known format.
 * @throws {SessionStoreError} when the store fails.
 */
export async function importFile(
  store: SessionStore,
  path: string,
  options: ImportOptions = {},
): Promise<ImportResult> {
  const run = new ImportRun(store, options);
  try {
    return await run.file(path);
  } finally {
    run.close();
  }
}

/** @throws {ImportError} when it came to nothing. */
function named(path: string, result: AnyResult): ImportResult {
  if (result === undefined) throw new ImportError(path, "it is no transcript of a known format");
  if ("unsupported" in result)
    throw new ImportError(path, `it looks like ${result.unsupported}, which is not supported`);
  return result;
}

async function again<T>(path: string, run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      // Somebody wrote to the session meanwhile, another import say: look again.
      if (error instanceof ConflictError && attempt < MOST_ATTEMPTS) continue;
      if ((error as NodeJS.ErrnoException).syscall === "read")
        throw new ImportError(path, unreadable(error), { cause: error });
      throw error;
    }
  }
}

/** As it looked before it was read: what is added meanwhile makes it look otherwise the next time. */
async function statOf(path: string): Promise<FileLook | undefined> {
  try {
    return await stat(path, { bigint: true });
  } catch {
    // Told when it is opened.
    return undefined;
  }
}
