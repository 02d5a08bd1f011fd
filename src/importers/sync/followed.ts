import { statSync } from "node:fs";
import type { Source } from "./sources.ts";
import { MOST_TROUBLES, type Look } from "./sync-state.ts";

/** What is remembered of a source while it is followed. */
export interface Followed {
  readonly source: Source;
  readonly files: Set<string>;
  readonly failed: Map<string, string>;
  readonly lossy: Map<string, string>;
}

export function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** How it stands with the source. */
export function lookOf({ source, files, failed, lossy }: Followed, isComplete: boolean): Look {
  const list = (troubles: ReadonlyMap<string, string>): { path: string; reason: string }[] =>
    [...troubles].slice(0, MOST_TROUBLES).map(([path, reason]) => ({ path, reason }));
  return {
    ...{ agent: source.home.agent, folder: source.folder, at: new Date().toISOString(), isComplete },
    ...{ files: files.size, failedCount: failed.size, lossyCount: lossy.size },
    ...{ failed: list(failed), lossy: list(lossy) },
  };
}
