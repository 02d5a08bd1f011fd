import type { Environment } from "../../home/astrid-home.ts";
import { ImportError } from "../../session/errors/errors.ts";
import type { SessionStore } from "../../store/session-store.ts";
import { ImportRun } from "../import.ts";
import { ImportQueue, type Ended } from "../import-queue.ts";
import type { ImportOutcome, ImportResult } from "../import-result.ts";
import { ledgerIn } from "../store/import-ledger.ts";
import { sourcesOf, type GivenSource, type Source } from "./sources.ts";
import { MOST_TROUBLES, SyncMemory, syncHome, type Look, type Trouble } from "./sync-state.ts";
import { Walk, type WalkedFile, type WalkedFolder } from "./walk.ts";

export interface SyncOptions {
  /** Further folders, each of an agent's. */
  readonly from?: readonly GivenSource[] | undefined;
  /** Where agents' and the user's folders are looked up. Default: the process's environment. */
  readonly env?: Environment | undefined;
  /** A session in which nothing was said for so many milliseconds is packed, where the store can. Default: none is. */
  readonly packAfterMs?: number | undefined;
  /** Ends it behind the file at hand. */
  readonly signal?: AbortSignal | undefined;
  /** Told each file that was opened, and what became of it. */
  readonly onFile?: ((result: ImportResult) => void) | undefined;
  /** Told the bytes of the file at hand that were worked through, now and then: of one that has to be read. */
  readonly onRead?: ((bytes: number) => void) | undefined;
  /** Told how many files were looked at, and the one at hand, now and then. */
  readonly onProgress?: ((files: number, path: string) => void) | undefined;
}

/** What a look through one folder came to. */
export interface SyncedSource {
  readonly agent: string;
  readonly name: string;
  readonly folder: string;
  /** False when the look was interrupted. */
  readonly isComplete: boolean;
  /** Files of sessions that there are. */
  readonly files: number;
  /** How many of the files' sessions, and of those of sub-agents in them, became what. */
  readonly outcomes: Readonly<Record<ImportOutcome, number>>;
  readonly messagesAdded: number;
  /** Files that lie where sessions do and are of no known format. */
  readonly passedOver: number;
  readonly failed: readonly Trouble[];
  readonly lossy: readonly Trouble[];
}

export interface SyncReport {
  readonly sources: readonly SyncedSource[];
  readonly isInterrupted: boolean;
}

/**
 * Brings in what the agents on this machine recorded since the last time: from the folders that they are known to use,
 * and from those that `from` names. Files that look as they did are not opened.
 * @throws {InvalidArgumentError} when `from` names an agent that is not known, or the store itself.
 * @throws {SessionStoreError} when the store fails; what was added until then stays.
 */
export async function syncSessions(store: SessionStore, options: SyncOptions = {}): Promise<SyncReport> {
  const { from = [], env = process.env } = options;
  return await syncSources(store, sourcesOf(from, env, ownFolders(store)), options);
}

/** Folders that are never a source. */
export function ownFolders(store: SessionStore): string[] {
  return store.engine.name === "file" ? [store.location] : [];
}

/** The same for sources that are known already. */
export async function syncSources(
  store: SessionStore,
  sources: readonly Source[],
  { env, ...options }: Omit<SyncOptions, "from"> = {},
): Promise<SyncReport> {
  const home = syncHome(store, env);
  const { packAfterMs, signal, onRead: onProgress } = options;
  const run = new ImportRun(store, { ledger: ledgerIn(home), packAfterMs, signal, onProgress });
  const memory = new SyncMemory(home);
  const passes: SourcePass[] = [];
  try {
    const walk = new Walk(ownFolders(store));
    for (const source of sources) {
      const pass = new SourcePass(run, source, options);
      passes.push(pass);
      for await (const folder of walk.of(source)) {
        await pass.folder(folder);
        if (options.signal?.aborted === true) break;
      }
      await pass.settle();
      if (options.signal?.aborted === true) break;
      pass.isComplete = true;
    }
  } finally {
    run.close();
    memory.looked(passes.map((pass) => pass.look));
  }
  return { sources: passes.map((pass) => pass.report), isInterrupted: options.signal?.aborted === true };
}

/** Takes in the files of one source, and counts. */
export class SourcePass {
  isComplete = false;
  readonly #queue: ImportQueue;
  readonly #source: Source;
  readonly #options: Omit<SyncOptions, "from" | "env">;
  #files = 0;
  #messagesAdded = 0;
  #passedOver = 0;
  readonly #outcomes = { created: 0, extended: 0, rewritten: 0, unchanged: 0, "in trash": 0 };
  readonly #failed: Trouble[] = [];
  readonly #lossy: Trouble[] = [];

  constructor(run: ImportRun, source: Source, options: Omit<SyncOptions, "from" | "env">) {
    this.#queue = new ImportQueue(run, (path, ended) => this.#ended(path, ended));
    this.#source = source;
    this.#options = options;
  }

  async folder({ files, refused }: WalkedFolder): Promise<void> {
    for (const file of files) {
      if (this.#options.signal?.aborted === true) return;
      await this.file(file);
    }
    this.#failed.push(...refused);
  }

  async file({ path, stat }: WalkedFile): Promise<void> {
    this.#files++;
    this.#options.onProgress?.(this.#files, path);
    await this.#queue.add(path, { stat });
  }

  /** Stores and counts what was worked through. */
  async settle(): Promise<void> {
    await this.#queue.settle();
  }

  #ended(path: string, ended: Ended): void {
    if ("error" in ended) {
      const { error } = ended;
      // One bad file is told and left; a store that fails would fail for every other file too.
      if (!(error instanceof ImportError)) throw error;
      // Removed meanwhile.
      if ((error.cause as { code?: unknown } | undefined)?.code === "ENOENT") this.#files--;
      else this.#failed.push({ path, reason: error.detail });
      return;
    }
    const { result } = ended;
    if (result === undefined) this.#passedOver++;
    else if ("unsupported" in result)
      this.#failed.push({ path, reason: `it looks like ${result.unsupported}, which is not supported` });
    else this.#took(result);
  }

  #took(result: ImportResult): void {
    for (const { outcome, messagesAdded } of [result, ...result.others]) {
      this.#outcomes[outcome]++;
      this.#messagesAdded += messagesAdded;
    }
    if (result.lossy)
      this.#lossy.push({ path: result.path, reason: "of some of its records no message could be made" });
    if (result.outcome !== "unchanged") this.#options.onFile?.(result);
  }

  get report(): SyncedSource {
    const { home, folder } = this.#source;
    return {
      ...{ agent: home.agent, name: home.name, folder, isComplete: this.isComplete },
      ...{ files: this.#files, outcomes: { ...this.#outcomes }, messagesAdded: this.#messagesAdded },
      ...{ passedOver: this.#passedOver, failed: [...this.#failed], lossy: [...this.#lossy] },
    };
  }

  get look(): Look {
    const { home, folder } = this.#source;
    return {
      ...{ agent: home.agent, folder, at: new Date().toISOString(), isComplete: this.isComplete },
      ...{ files: this.#files, failedCount: this.#failed.length, lossyCount: this.#lossy.length },
      failed: this.#failed.slice(0, MOST_TROUBLES),
      lossy: this.#lossy.slice(0, MOST_TROUBLES),
    };
  }
}
