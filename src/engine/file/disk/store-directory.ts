import { dirname, join } from "node:path";
import { StorageError } from "../../../session/errors/errors.ts";
import { millisecondsOf, type Disk } from "./disk.ts";
import type { SessionPaths } from "./session-paths.ts";
import { ownerIs } from "./temporary-owner.ts";

/** In milliseconds. A younger file may still be written: by a process of another machine, or container. */
const STALE_AFTER = 24 * 60 * 60 * 1000;

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
    const { root } = this.#paths;
    if (!(await this.#make(root))) await this.#syncNames(root);
    await this.#make(this.#paths.temporary);
    await this.#make(this.#paths.locks);
    if (!this.#swept) {
      this.#swept = true;
      await this.#sweep();
    }
    this.#ready = true;
  }

  /** Makes a directory below the store's own ones, durably. */
  async make(path: string): Promise<void> {
    if (await this.#make(path)) return;
    const parent = dirname(path);
    await this.#disk.syncDirectory(parent, "store.sync-directory");
    await this.#disk.syncDirectory(dirname(parent), "store.sync-directory");
  }

  /** Another process may have made the store's directory, or the one that it is in, and died before the sync. */
  async #syncNames(path: string): Promise<void> {
    const parent = dirname(path);
    for (const directory of new Set([parent, dirname(parent)])) {
      try {
        await this.#disk.syncDirectory(directory, "store.sync-directory");
      } catch (error) {
        // Where we may not look we have not made anything.
        const { code } = error as NodeJS.ErrnoException;
        if (code !== "EACCES" && code !== "EPERM") throw error;
      }
    }
  }

  /** @returns whether it was this call that made it. */
  async #make(path: string): Promise<boolean> {
    const found = this.#disk.stat(path);
    // A symbolic link to a directory is a user's choice; whatever else it is, the next call will say so.
    if (found !== undefined && found.kind !== "file") return false;
    if (found !== undefined)
      throw Object.assign(new Error(`ENOTDIR: not a directory, '${path}'`), { code: "ENOTDIR" });
    const parent = dirname(path);
    if (parent !== path) await this.#make(parent);
    const made = this.#makeIn(parent, path);
    if (made) await this.#disk.syncDirectory(parent, "store.sync-directory");
    return made;
  }

  #makeIn(parent: string, path: string): boolean {
    try {
      return this.#disk.makeDirectory(path, "store.mkdir");
    } catch (error) {
      const isThere = this.#disk.stat(parent) !== undefined;
      // As in /proc: nothing has vanished, and nothing would be made anew.
      if ((error as NodeJS.ErrnoException).code === "ENOENT" && isThere) throw takesNone(parent, path, error);
      throw error;
    }
  }

  /** Removes what processes that died left behind on the way to its place. */
  async #sweep(): Promise<void> {
    for (const name of this.#disk.list(this.#paths.temporary) ?? []) {
      const path = join(this.#paths.temporary, name);
      const stat = this.#disk.stat(path);
      if (stat?.kind === "directory") await this.#removeFolder(path);
      if (stat?.kind !== "file") continue;
      const owner = ownerIs(name);
      // The clock may have been set forth.
      const isOld = owner !== "alive" && Date.now() - millisecondsOf(stat.modified) >= STALE_AFTER;
      if (isOld || owner === "dead") await this.#disk.remove(path, "temporary.remove");
    }
  }

  /** A folder is here to be removed: whoever began with it, or who finds it, removes what it holds. */
  async #removeFolder(path: string): Promise<void> {
    for (const name of this.#disk.list(path) ?? [])
      await this.#disk.remove(join(path, name), "temporary.remove");
    await this.#disk.remove(path, "temporary.remove");
  }
}

function takesNone(parent: string, path: string, cause: unknown): StorageError {
  return new StorageError(
    "STORE_NOT_A_DIRECTORY",
    `Cannot make the directory ${path}: ${parent} takes none; choose another place for the store. Nothing was stored.`,
    "not-stored",
    { cause },
  );
}
