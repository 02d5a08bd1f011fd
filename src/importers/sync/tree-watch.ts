import { statSync, watch, type FSWatcher } from "node:fs";
import { dirname, join } from "node:path";
import { longestQueue, tellsOfAll } from "../../notifications.ts";
import { isWithin } from "./sources.ts";

interface WatchedFolder {
  readonly watcher: FSWatcher;
  readonly identity: string;
}

/** The kernel's word on what changes in folders, each of which is watched by itself. */
export class TreeWatch {
  readonly #folders = new Map<string, WatchedFolder>();
  readonly #tell: (path: string | undefined) => void;
  readonly #most = longestQueue() / 2;
  /** Events of this turn of the event loop: the queue that they come from is bounded. */
  #burst = 0;
  #isReliable = true;

  /** @param tell told the path of what changed, and `undefined` when something may have been missed. */
  constructor(tell: (path: string | undefined) => void) {
    this.#tell = tell;
  }

  /** False when changes may go untold: then somebody has to look now and then. */
  get isReliable(): boolean {
    return this.#isReliable;
  }

  has(folder: string): boolean {
    return this.#folders.has(folder);
  }

  /** Begins to watch a folder: what changes in it from now on is told. */
  add(folder: string): void {
    try {
      const identity = identityOf(folder);
      if (identity === undefined || this.#folders.get(folder)?.identity === identity) return;
      this.drop(folder);
      const watcher = watch(folder, { persistent: true });
      watcher.on("change", (_event, name) => this.#changed(folder, name === null ? null : String(name)));
      watcher.on("error", () => this.#lost());
      this.#folders.set(folder, { watcher, identity });
      if (!tellsOfAll(folder)) this.#isReliable = false;
    } catch (error) {
      // It is not there (any more), which its parent tells; or there is no watch left.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") this.#lost();
    }
  }

  /** The nearest folder above that is there: what is made in it may lead to the one that is not. */
  addAbove(folder: string): void {
    for (let above = dirname(folder); ; above = dirname(above)) {
      if (statSync(above, { throwIfNoEntry: false })?.isDirectory() === true) this.add(above);
      else if (above !== dirname(above)) continue;
      return;
    }
  }

  /** Whether a folder is still the one that is watched under its name. */
  isSame(folder: string): boolean {
    const identity = identityOf(folder);
    return identity !== undefined && this.#folders.get(folder)?.identity === identity;
  }

  /** Lets go of folders that are gone, or are others by now. */
  prune(): void {
    for (const folder of [...this.#folders.keys()]) if (!this.isSame(folder)) this.drop(folder);
  }

  /** Lets go of a folder and of all that are watched in it. */
  drop(folder: string): void {
    for (const [path, { watcher }] of this.#folders) {
      if (!isWithin(path, folder)) continue;
      watcher.close();
      this.#folders.delete(path);
    }
  }

  close(): void {
    for (const { watcher } of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }

  #changed(folder: string, name: string | null): void {
    if (this.#burst++ === 0) setImmediate(() => (this.#burst = 0)).unref();
    if (name === null || this.#burst > this.#most) this.#tell(undefined);
    else this.#tell(join(folder, name));
  }

  #lost(): void {
    this.#isReliable = false;
    this.#tell(undefined);
  }
}

/** The number of a folder that was removed may be given to the next one that is made: when it was made tells them apart. */
function identityOf(folder: string): string | undefined {
  const found = statSync(folder, { bigint: true, throwIfNoEntry: false });
  return found?.isDirectory() === true ? `${found.dev} ${found.ino} ${found.birthtimeNs}` : undefined;
}
