import { existsSync, readdirSync, readFileSync, statSync, unlinkSync } from "node:fs";
import { basename, join } from "node:path";
import type { SeedDocument } from "./save.ts";

/** Astrid's `list`: every name in the directory, sorted by modification time, which the comparison looks up. */
function list(folder: string): string[] {
  const paths = readdirSync(folder)
    .filter((name) => name.endsWith(".json") && /^[0-9a-f-]{36}$/.test(basename(name, ".json")))
    .map((name) => join(folder, name));
  return paths.sort((left, right) => statSync(right).mtimeMs - statSync(left).mtimeMs);
}

function load(path: string): SeedDocument | undefined {
  if (!existsSync(path)) return undefined;
  return JSON.parse(readFileSync(path, "utf8")) as SeedDocument;
}

/** Astrid's `list_with_metadata`: reads every session whole. It knows no limit; the caller cuts. */
export function listWithMetadata(folder: string): object[] {
  const summaries: object[] = [];
  for (const path of list(folder)) {
    const session = load(path);
    if (session === undefined) continue;
    const { id, metadata, created_at, token_count, workspace_path, messages } = session;
    summaries.push({
      id,
      title: metadata.title,
      created_at,
      token_count,
      workspace_path,
      count: messages.length,
    });
  }
  return summaries;
}

/** Astrid's `most_recent`. */
export function mostRecent(folder: string): SeedDocument | undefined {
  const [path] = list(folder);
  return path === undefined ? undefined : load(path);
}

/** Astrid's `cleanup_old`: reads every session whole and removes those made before the cutoff. */
export function cleanupOld(folder: string, cutoff: number): number {
  let removed = 0;
  for (const path of list(folder)) {
    const session = load(path);
    if (session === undefined || Date.parse(session.created_at) >= cutoff) continue;
    unlinkSync(path);
    removed++;
  }
  return removed;
}
