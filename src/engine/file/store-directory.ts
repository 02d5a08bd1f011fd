import { dirname, join } from "node:path";
import type { Disk } from "./disk.ts";
import type { SessionPaths } from "./session-paths.ts";

const STALE_AFTER = 60 * 60 * 1000;

/** Makes the directories of a store when something is first written, and only then. */
export class StoreDirectory {
  readonly #disk: Disk;
  readonly #paths: SessionPaths;
  #swept = false;
  #ready = false;

  constructor(disk: Disk, paths: SessionPaths) {
    this.#disk = disk;
    this.#paths = paths;
  }

  /** Whether the directories were made or found before. */
  get isReady(): boolean {
    return this.#ready;
  }

  /** They may have vanished: the next `ensure` looks again. */
  forget(): void {
    this.#ready = false;
  }

  /** Makes sure that the store's own directories are there, durably. Directories that exist keep their mode. */
  async ensure(): Promise<void> {
    await this.#make(this.#paths.root);
    await this.#make(this.#paths.temporary);
    await this.#make(this.#paths.locks);
    if (!this.#swept) {
      this.#swept = true;
      await this.#sweep();
    }
    this.#ready = true;
  }

  /** Makes a directory below the store's own ones. */
  async make(path: string): Promise<void> {
    await this.#make(path);
  }

  async #make(path: string): Promise<void> {
    const found = this.#disk.stat(path);
    // A symbolic link to a directory is a user's choice; whatever else it is, the next call will say so.
    if (found !== undefined && found.kind !== "file") return;
    if (found !== undefined)
      throw Object.assign(new Error(`ENOTDIR: not a directory, '${path}'`), { code: "ENOTDIR" });
    const parent = dirname(path);
    if (parent !== path) await this.#make(parent);
    if (this.#disk.makeDirectory(path, "store.mkdir"))
      await this.#disk.syncDirectory(parent, "store.sync-directory");
  }

  /** Removes what processes that died left behind on the way to its place. */
  async #sweep(): Promise<void> {
    for (const name of this.#disk.list(this.#paths.temporary) ?? []) {
      const path = join(this.#paths.temporary, name);
      const stat = this.#disk.stat(path);
      if (stat?.kind !== "file" || Date.now() - stat.modified < STALE_AFTER) continue;
      await this.#disk.remove(path, "temporary.remove");
    }
  }
}
