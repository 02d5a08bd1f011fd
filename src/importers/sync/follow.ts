import { setTimeout as sleep } from "node:timers/promises";
import { statSync } from "node:fs";
import { relative } from "node:path";
import type { SessionStore } from "../../store/session-store.ts";
import { ImportRun } from "../import.ts";
import type { ImportResult } from "../import-result.ts";
import { ledgerIn } from "../store/import-ledger.ts";
import { exists, lookOf, type Followed } from "./followed.ts";
import { readWith } from "../read-with.ts";
import { isSessionFile, isWithin, sourcesOf, type Source } from "./sources.ts";
import { ownFolders, SourcePass, type SyncedSource, type SyncOptions } from "./sync-sessions.ts";
import { SyncMemory, syncHome, type Look } from "./sync-state.ts";
import { TreeWatch } from "./tree-watch.ts";
import { Walk } from "./walk.ts";

export interface FollowOptions extends Omit<SyncOptions, "from"> {
  /** Ends the following, behind the file at hand. */
  readonly signal: AbortSignal;
  /** Told after each pass what it came to. */
  readonly onPass?: ((pass: SyncPass) => void | Promise<void>) | undefined;
}

/** A file of which something was new. */
export type Taken = Pick<ImportResult, "path" | "sessionId" | "outcome" | "messagesAdded">;

/** What one pass over changed files came to. */
export interface SyncPass {
  /** Whether everything was looked at: the first time, when something may have been missed, and now and then. */
  readonly isWhole: boolean;
  /** The sources in which files were looked at, and what became of those. */
  readonly sources: readonly SyncedSource[];
  /** Files that something was taken from. */
  readonly taken: readonly Taken[];
  /** Files of sessions that are not there any more. Their sessions stay. */
  readonly gone: readonly string[];
}

/** Changes are gathered so long before they are taken in … */
const GATHER_MS = 100;
/** … or, while an agent writes and writes, until so many times what taking in took the last time has gone by. */
const REST = 5;
const LONGEST_REST_MS = 10_000;
/** How often everything is looked at though nothing was told; where the kernel cannot be relied on, more often. */
const WHOLE_EVERY_MS = 3_600_000;
const POLL_EVERY_MS = 30_000;

/**
 * As `syncSessions`, and then goes on with what the agents write, until the signal ends it. It rests while nothing
 * changes.
 * @throws {InvalidArgumentError} when `from` names an agent that is not known, or the store itself.
 * @throws {SessionStoreError} when the store fails.
 */
export async function followSessions(
  store: SessionStore,
  { from = [], ...options }: FollowOptions & Pick<SyncOptions, "from">,
): Promise<void> {
  await followSources(store, sourcesOf(from, options.env ?? process.env, ownFolders(store)), options);
}

/**
 * Brings in what is new in the sources, and goes on with what agents write there, until the signal ends it. It rests
 * while nothing changes.
 * @throws {SessionStoreError} when the store fails.
 */
export async function followSources(
  store: SessionStore,
  sources: readonly Source[],
  options: FollowOptions,
): Promise<void> {
  const following = new Following(store, sources, options);
  try {
    await following.run();
  } finally {
    following.close();
  }
}

class Following {
  readonly #options: FollowOptions;
  readonly #own: readonly string[];
  readonly #followed: readonly Followed[];
  readonly #run: ImportRun;
  readonly #memory: SyncMemory;
  readonly #watch: TreeWatch;
  #walk: Walk;
  /** Paths of which the kernel told; everything, when it may have missed some. */
  #changed = new Set<string>();
  #isWhole = true;
  #wake: () => void = () => undefined;

  constructor(store: SessionStore, sources: readonly Source[], options: FollowOptions) {
    this.#options = options;
    this.#own = ownFolders(store);
    this.#followed = sources.map((source) => ({
      ...{ source, files: new Set<string>() },
      ...{ failed: new Map<string, string>(), lossy: new Map<string, string>() },
    }));
    const home = syncHome(store, options.env);
    const { packAfterMs, signal, onRead: onProgress } = options;
    this.#run = new ImportRun(store, { ledger: ledgerIn(home), packAfterMs, signal, onProgress });
    this.#memory = new SyncMemory(home);
    this.#walk = this.#newWalk();
    this.#watch = new TreeWatch((path) => this.#told(path));
  }

  async run(): Promise<void> {
    const { signal } = this.#options;
    const end = (): void => this.#wake();
    signal.addEventListener("abort", end);
    try {
      let restsUntil = 0;
      while (!signal.aborted) {
        const began = performance.now();
        const isWhole = this.#isWhole;
        await this.#pass();
        const now = performance.now();
        if (!isWhole) restsUntil = now + Math.min((now - began) * REST, LONGEST_REST_MS);
        await this.#waitForChanges();
        const rest = Math.max(GATHER_MS, restsUntil - performance.now());
        if (!signal.aborted) await sleep(rest, undefined, { signal }).catch(() => undefined);
      }
    } finally {
      signal.removeEventListener("abort", end);
    }
  }

  close(): void {
    this.#watch.close();
    this.#run.close();
  }

  #newWalk(): Walk {
    return new Walk(this.#own, (folder) => this.#watch.add(folder));
  }

  #told(path: string | undefined): void {
    if (path === undefined) this.#isWhole = true;
    else this.#changed.add(path);
    this.#wake();
  }

  async #waitForChanges(): Promise<void> {
    if (this.#isWhole || this.#changed.size > 0 || this.#options.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const most = this.#watch.isReliable ? WHOLE_EVERY_MS : POLL_EVERY_MS;
      const timer = setTimeout(() => {
        this.#isWhole = true;
        resolve();
      }, most);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => undefined;
  }

  async #pass(): Promise<void> {
    const isWhole = this.#isWhole;
    const changed = this.#changed;
    this.#isWhole = false;
    this.#changed = new Set();
    this.#run.refresh();
    const gone: string[] = [];
    const taken: Taken[] = [];
    const onFile = (result: ImportResult): void => {
      const { path, sessionId, outcome, messagesAdded } = result;
      taken.push({ path, sessionId, outcome, messagesAdded });
      this.#options.onFile?.(result);
    };
    const reports: SyncedSource[] = [];
    const looks: Look[] = [];
    if (isWhole) {
      this.#watch.prune();
      this.#walk = this.#newWalk();
    }
    for (const followed of this.#followed) {
      const pass = new SourcePass(this.#run, followed.source, { ...this.#options, onFile });
      if (isWhole) await this.#all(followed, pass, gone);
      else await this.#some(followed, changed, pass, gone);
      await pass.settle();
      const isEnded = this.#options.signal.aborted;
      pass.isComplete = !isEnded;
      const { report } = pass;
      for (const { path, reason } of report.failed) followed.failed.set(path, reason);
      for (const { path, reason } of report.lossy) followed.lossy.set(path, reason);
      if (isWhole || report.files > 0 || report.failed.length > 0) {
        reports.push(report);
        looks.push(lookOf(followed, !isWhole || !isEnded));
      }
      if (isEnded) break;
    }
    if (looks.length > 0) this.#memory.looked(looks);
    if (isWhole || reports.length > 0 || gone.length > 0)
      await this.#options.onPass?.({ isWhole, sources: reports, taken, gone });
  }

  /** Looks at everything in a source. */
  async #all(followed: Followed, pass: SourcePass, gone: string[]): Promise<void> {
    const { source, files, failed, lossy } = followed;
    const before = new Set(files);
    failed.clear();
    lossy.clear();
    // Behind what the kernel tells of the folder's own name.
    this.#watch.addAbove(source.folder);
    await this.#folder(followed, source.folder, pass);
    for (const path of before) if (!exists(path)) this.#left(followed, path, gone);
  }

  /** Looks at what changed in a source. */
  async #some(
    followed: Followed,
    changed: ReadonlySet<string>,
    pass: SourcePass,
    gone: string[],
  ): Promise<void> {
    const { source } = followed;
    if (this.#isOtherRoot(source.folder)) {
      this.#leave(followed, source.folder, gone);
      this.#watch.addAbove(source.folder);
      if (exists(source.folder)) await this.#folder(followed, source.folder, pass);
      return;
    }
    const here = [...changed]
      .filter((path) => path !== source.folder && isWithin(path, source.folder))
      .sort();
    // What is gone first: a folder may have got another name.
    for (const path of here) {
      const isWatched = this.#watch.has(path);
      if (isWatched ? !this.#watch.isSame(path) : !exists(path)) this.#leave(followed, path, gone);
    }
    for (const path of here) {
      if (this.#options.signal.aborted) return;
      await this.#changedPath(followed, path, pass);
    }
  }

  /** Whether the source's folder came, went, or is another one by now. */
  #isOtherRoot(folder: string): boolean {
    if (this.#watch.has(folder)) return !this.#watch.isSame(folder);
    this.#watch.addAbove(folder);
    return exists(folder);
  }

  async #changedPath(followed: Followed, told: string, pass: SourcePass): Promise<void> {
    const { source, files, failed, lossy } = followed;
    const path = readWith(told);
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat?.isDirectory() === true) {
      if (!this.#watch.has(path)) await this.#folder(followed, path, pass);
      return;
    }
    if (stat?.isFile() !== true || !isSessionFile(source, relative(source.folder, path))) return;
    const copyOf = source.home.copyOf?.(path) ?? path;
    if (copyOf !== path && exists(copyOf)) return;
    failed.delete(path);
    lossy.delete(path);
    files.add(path);
    await pass.file({ path, stat });
  }

  async #folder({ source, files }: Followed, folder: string, pass: SourcePass): Promise<void> {
    for await (const part of this.#walk.of(source, folder)) {
      for (const { path } of part.files) files.add(path);
      await pass.folder(part);
      if (this.#options.signal.aborted) return;
    }
  }

  /** What was there under this name is gone. */
  #leave(followed: Followed, path: string, gone: string[]): void {
    for (const file of [...followed.files])
      if (isWithin(file, path) && !exists(file)) this.#left(followed, file, gone);
    this.#watch.drop(path);
    this.#walk.leave(path);
  }

  #left({ files, failed, lossy }: Followed, path: string, gone: string[]): void {
    files.delete(path);
    failed.delete(path);
    lossy.delete(path);
    gone.push(path);
  }
}
