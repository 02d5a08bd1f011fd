import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ImportError } from "../../session/errors/errors.ts";
import { unreadable } from "./unreadable.ts";

/** A file to look at, or a place that cannot be looked at. */
export type FoundFile =
  | {
      readonly path: string;
      /** The caller asked for this very file, rather than for a directory that it is in. */
      readonly named: boolean;
      readonly size: number;
    }
  | { readonly path: string; readonly error: ImportError };

/**
 * The regular files among the given paths and, recursively, in the directories among them; a parent session's file
 * comes before those of its sub-agents. Links to files are followed, links to directories are not.
 */
export async function* filesUnder(paths: readonly string[]): AsyncGenerator<FoundFile> {
  for (const path of paths) yield* filesAt(path, true);
}

async function* filesAt(path: string, named: boolean): AsyncGenerator<FoundFile> {
  try {
    const found = await stat(path);
    if (!found.isDirectory()) {
      if (named || found.isFile()) yield { path, named, size: found.size };
      return;
    }
  } catch (error) {
    yield { path, error: new ImportError(path, unreadable(error), { cause: error }) };
    return;
  }
  yield* filesIn(path);
}

async function* filesIn(directory: string): AsyncGenerator<FoundFile> {
  let entries;
  try {
    entries = await readdir(directory, { withFileTypes: true });
  } catch (error) {
    yield { path: directory, error: new ImportError(directory, unreadable(error), { cause: error }) };
    return;
  }
  // `<id>.jsonl` before `<id>/`, whose slash comes after the dot.
  const sortKey = (name: string, isDirectory: boolean): string => (isDirectory ? `${name}/` : name);
  const sorted = entries
    .map((entry) => ({ entry, key: sortKey(entry.name, entry.isDirectory()) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  // opencode's old files: a session's own leads to those of its messages and their parts, of which there are thousands.
  const folders = new Set(entries.filter((entry) => entry.isDirectory()).map(({ name }) => name));
  const isTree = ["session", "message", "part"].every((name) => folders.has(name));
  for (const { entry } of sorted) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      if (isTree && (entry.name === "message" || entry.name === "part")) continue;
      if (entry.name !== "node_modules" && entry.name !== ".git") yield* filesIn(path);
    } else if (entry.isFile()) yield* filesAt(path, false);
    else if (entry.isSymbolicLink() && (await stat(path).catch(() => undefined))?.isFile())
      yield* filesAt(path, false);
  }
}
