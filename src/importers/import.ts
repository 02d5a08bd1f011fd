import type { BigIntStats } from "node:fs";
import { stat } from "node:fs/promises";
import type { SessionStore } from "../store/session-store.ts";
import { ConflictError, ImportError } from "../session/errors.ts";
import type { SessionId } from "../session/session-id.ts";
import { detected } from "./detect.ts";
import type { Importer } from "./importer.ts";
import { importNative } from "./native/import-native.ts";
import type { NativeImporter } from "./native/native-importer.ts";
import type { Problem } from "./problem.ts";
import { SourceFile } from "./read/source-file.ts";
import { unreadable } from "./read/unreadable.ts";
import { ImportLedger, type KnownFile } from "./store/import-ledger.ts";
import { importStateOf } from "./store/import-state.ts";
import { Families } from "./store/families.ts";
import { FileImport, InTrashError, type FileOutcome } from "./store/file-import.ts";

export interface ImportOptions {
  /** Where it is noted which files were looked at: those that did not change since are not opened again. */
  readonly ledger?: string | undefined;
  /** Called with the bytes of the file that were worked through, now and then. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

export type ImportOutcome =
  /** The session is new. */
  | "created"
  /** The session was there; what it lacked was added. */
  | "extended"
  /** The file was changed in other places than its end; the session has become what it says now. */
  | "rewritten"
  /** The session had everything. */
  | "unchanged"
  /** The session is in the trash, where it stays. */
  | "in trash";

/** What became of one session. */
export interface ImportedSession {
  readonly sessionId: SessionId;
  readonly outcome: ImportOutcome;
  readonly messagesAdded: number;
}

/** What became of one file. */
export interface ImportResult extends ImportedSession {
  readonly path: string;
  readonly format: string;
  /** The id that the file names, when the session under it went another way: then `sessionId` is another one. */
  readonly divergedFrom: SessionId | undefined;
  /** The session that it began as a copy of, as far as the file tells. */
  readonly forkedFrom: string | undefined;
  /** Other sessions in the same file: those of sub-agents. */
  readonly others: readonly ImportedSession[];
  /** How many places could not be read as one record, or are to be told for another reason. */
  readonly problemCount: number;
  /** Whether something of the file is in none of the messages that should be. */
  readonly lossy: boolean;
  /** The first of them. */
  readonly problems: readonly Problem[];
}

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
  #opened: ImportLedger | undefined;
  #stored: Promise<ReadonlySet<string>> | undefined;
  #trashed: Promise<ReadonlySet<SessionId>> | undefined;

  constructor(store: SessionStore, options: ImportOptions = {}) {
    this.#store = store;
    this.#options = options;
    this.#families = new Families(store);
  }

  /**
   * @throws {ImportError} when the file cannot be read or is of no known format.
   * @throws {SessionStoreError} when the store fails; what was added until then stays, and the next import goes on there.
   */
  async file(path: string, options: ImportOptions = {}): Promise<ImportResult> {
    const result = await this.#take(path, options, true);
    if (result === undefined) throw new ImportError(path, "it is no transcript of a known format");
    if ("unsupported" in result)
      throw new ImportError(path, `it looks like ${result.unsupported}, which is not supported`);
    return result;
  }

  /**
   * The same for a file that merely lies in a folder: `undefined` when it is of no known format, and a name when it is
   * known and not read.
   */
  async anyFile(
    path: string,
    options: ImportOptions = {},
  ): Promise<ImportResult | { readonly unsupported: string } | undefined> {
    return await this.#take(path, options, false);
  }

  async #take(
    path: string,
    options: ImportOptions,
    isNamed: boolean,
  ): Promise<ImportResult | { readonly unsupported: string } | undefined> {
    const stat = await statOf(path);
    const known = stat === undefined ? undefined : await this.#known(path, stat, isNamed);
    if (known !== undefined) return known.format === null ? undefined : unchanged(path, known);
    const result = await this.#read(path, options, isNamed);
    if (stat !== undefined) this.#note(path, stat, result);
    return result;
  }

  /** A file that did not change since it was looked at, and whose session is there. */
  async #known(path: string, stat: BigIntStats, isNamed: boolean): Promise<KnownFile | undefined> {
    const known = this.#ledger()?.known(path, stat);
    if (known === undefined || (known.format === null && isNamed)) return undefined;
    if (known.sessionId === null) return known;
    this.#stored ??= this.#store.list().then((ids) => new Set(ids));
    return (await this.#stored).has(known.sessionId) ? known : undefined;
  }

  #ledger(): ImportLedger | undefined {
    const { ledger } = this.#options;
    if (ledger !== undefined) this.#opened ??= ImportLedger.open(ledger);
    return this.#opened;
  }

  /** Lets go of what it noted. */
  close(): void {
    this.#opened?.close();
  }

  #note(path: string, stat: BigIntStats, result: Awaited<ReturnType<ImportRun["anyFile"]>>): void {
    if (result !== undefined && ("unsupported" in result || result.outcome === "in trash")) return;
    this.#ledger()?.note(path, stat, {
      format: result?.format ?? null,
      sessionId: result?.sessionId ?? null,
      problemCount: result?.problemCount ?? 0,
      lossy: result?.lossy ?? false,
    });
  }

  async #read(
    path: string,
    options: ImportOptions,
    isNamed: boolean,
  ): Promise<ImportResult | { readonly unsupported: string } | undefined> {
    const source = await SourceFile.open(path);
    try {
      const found = await detected(source);
      if (found === undefined) return undefined;
      if (found.type === "agent" && found.importer.onlyNamed === true && !isNamed) return undefined;
      if (found.type === "unsupported") return { unsupported: found.name };
      const { onProgress } = { ...this.#options, ...options };
      return await again(path, () =>
        found.type === "agent"
          ? this.#agentFile(source, found.importer, onProgress)
          : this.#nativeFile(path, found.importer, onProgress),
      );
    } finally {
      await source.close();
    }
  }

  async #agentFile(
    source: SourceFile,
    importer: Importer,
    onProgress: ImportOptions["onProgress"],
  ): Promise<ImportResult> {
    try {
      const hooks = { isTrashed: (id: SessionId) => this.#isTrashed(id), onProgress };
      const outcome = await FileImport.run(this.#store, importer, source, hooks);
      await this.#families.saw(outcome.plan.id, outcome.harvest.children);
      return resultOf(source.path, importer.format, outcome);
    } catch (error) {
      if (error instanceof InTrashError) return inTrash(source.path, importer.format, error.id);
      throw error;
    }
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
  return await new ImportRun(store, options).file(path);
}

async function again(path: string, run: () => Promise<ImportResult>): Promise<ImportResult> {
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

function resultOf(
  path: string,
  format: string,
  { named, main, plan, others, harvest }: FileOutcome,
): ImportResult {
  const { problems, ...told } = harvest;
  // Of a file that was not read again, what was noted the last time.
  const before = plan.type === "unchanged" ? importStateOf(plan.stored.head) : undefined;
  const problemCount = before?.problems ?? told.problemCount;
  const lossy = before?.lossy ?? told.lossy;
  return {
    ...{ path, format, sessionId: plan.id, outcome: outcomeOf(plan.type, main?.changed ?? false) },
    messagesAdded: main?.added ?? 0,
    divergedFrom: plan.id === named ? undefined : named,
    forkedFrom: harvest.main.forkedFrom ?? plan.stored?.head.custom["forked_from"],
    others: others.map(({ id, isNew, changed, added }) => {
      const outcome = isNew ? "created" : changed ? "extended" : "unchanged";
      return { sessionId: id, outcome, messagesAdded: added };
    }),
    ...{ problems, problemCount, lossy },
  };
}

function outcomeOf(plan: FileOutcome["plan"]["type"], changed: boolean): ImportOutcome {
  if (plan === "new") return "created";
  if (plan === "rewritten") return "rewritten";
  return changed ? "extended" : "unchanged";
}

/** As it looked before it was read: what is added meanwhile makes it look otherwise the next time. */
async function statOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(path, { bigint: true });
  } catch {
    // Told when it is opened.
    return undefined;
  }
}

function unchanged(path: string, { format, sessionId, problemCount, lossy }: KnownFile): ImportResult {
  return {
    ...{
      path,
      format: format ?? "",
      sessionId: sessionId as SessionId,
      outcome: "unchanged",
      messagesAdded: 0,
    },
    ...{ divergedFrom: undefined, forkedFrom: undefined, others: [], problems: [], problemCount, lossy },
  };
}

function inTrash(path: string, format: string, sessionId: SessionId): ImportResult {
  return {
    ...{ path, format, sessionId, outcome: "in trash", messagesAdded: 0 },
    ...{ divergedFrom: undefined, forkedFrom: undefined, others: [] },
    ...{ problems: [], problemCount: 0, lossy: false },
  };
}
