import { readdirSync, statSync, type BigIntStats, type Dirent } from "node:fs";
import { join, relative } from "node:path";
import type { FileLook } from "../read/file-look.ts";
import { unreadable } from "../read/unreadable.ts";
import { isSessionFile, isWithin, real, type Source } from "./sources.ts";

/** A session's file as it looks. */
export interface WalkedFile {
  readonly path: string;
  readonly stat: FileLook;
}

/** A place in a source that cannot be looked at. */
export interface Refused {
  readonly path: string;
  readonly reason: string;
}

/** What lies in one folder of a source. */
export interface WalkedFolder {
  readonly folder: string;
  readonly files: readonly WalkedFile[];
  readonly refused: readonly Refused[];
}

/** No longer than this at a stretch: others of the process wait. */
const SLICE_MS = 20;
const PASSED_OVER = new Set(["node_modules", ".git"]);

/**
 * Goes through the folders of a source and looks at each session's file, opening none; a session's file comes before
 * the folder of its sub-agents. Folders behind links are gone through too, each once.
 */
export class Walk {
  readonly #own: readonly string[];
  readonly #enter: (folder: string) => void;
  /** Where each folder was met, by what it is. */
  readonly #visited = new Map<string, string>();
  #sliceEnd = 0;

  /**
   * @param own folders that are never gone into: the store's.
   * @param enter told of each folder before it is read.
   */
  constructor(own: readonly string[], enter: (folder: string) => void = () => undefined) {
    this.#own = own.map(real);
    this.#enter = enter;
  }

  /** @param folder the source's own, or one in it that was not gone through yet. */
  async *of(source: Source, folder = source.folder): AsyncGenerator<WalkedFolder> {
    yield* this.#in(source, folder);
  }

  /** A folder is not there any more: what comes under its name is another one. */
  leave(folder: string): void {
    for (const [key, path] of this.#visited) if (isWithin(path, folder)) this.#visited.delete(key);
  }

  async *#in(source: Source, folder: string): AsyncGenerator<WalkedFolder> {
    if (performance.now() > this.#sliceEnd) {
      await new Promise((resolve) => setImmediate(resolve));
      this.#sliceEnd = performance.now() + SLICE_MS;
    }
    const files: WalkedFile[] = [];
    const refused: Refused[] = [];
    const folders: string[] = [];
    try {
      if (!this.#isNew(folder)) return;
      this.#enter(folder);
      const entries = sorted(readdirSync(folder, { withFileTypes: true }));
      const paths = new Set(entries.map(({ name }) => join(folder, name)));
      for (const entry of entries) {
        const path = join(folder, entry.name);
        const inside = relative(source.folder, path);
        if (PASSED_OVER.has(entry.name)) continue;
        if (entry.isDirectory() && source.home.skips?.test(inside) === true) continue;
        if (entry.isDirectory()) folders.push(path);
        else if (entry.isSymbolicLink() || isSessionFile(source, inside)) {
          const stat = this.#stat(path, refused);
          if (stat?.isDirectory() === true) folders.push(path);
          else if (stat?.isFile() === true && isSessionFile(source, inside)) {
            const copyOf = source.home.copyOf?.(path) ?? path;
            if (copyOf === path || !paths.has(copyOf)) files.push({ path, stat });
          }
        }
      }
    } catch (error) {
      // What was there a moment ago, and is not any more, is nothing to tell.
      if ((error as NodeJS.ErrnoException).code === "ENOENT" && folder !== source.folder) return;
      refused.push({ path: folder, reason: unreadable(error) });
    }
    yield { folder, files, refused };
    for (const next of folders) yield* this.#in(source, next);
  }

  #isNew(folder: string): boolean {
    const stat = statSync(folder, { bigint: true });
    const key = `${stat.dev} ${stat.ino}`;
    if (this.#visited.has(key)) return false;
    this.#visited.set(key, folder);
    return this.#own.length === 0 || !this.#own.some((one) => isWithin(real(folder), one));
  }

  #stat(path: string, refused: Refused[]): BigIntStats | undefined {
    try {
      return statSync(path, { bigint: true });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Removed meanwhile, or a link that leads nowhere.
      if (code !== "ENOENT") refused.push({ path, reason: unreadable(error) });
      return undefined;
    }
  }
}

/** `<id>.jsonl` before `<id>/`, whose slash comes after the dot. */
function sorted(entries: Dirent[]): Dirent[] {
  const keyed = entries.map((entry) => ({
    entry,
    key: entry.isDirectory() ? `${entry.name}/` : entry.name,
  }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ entry }) => entry);
}
