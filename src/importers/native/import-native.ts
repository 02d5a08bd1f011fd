import { ImportError } from "../../session/errors/errors.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { SessionStore } from "../../store/session-store.ts";
import { derivedSessionId } from "../identity.ts";
import type { Problem } from "../problem.ts";
import { BatchWriter } from "./batch-writer.ts";
import { comparison, type Comparison } from "./comparison.ts";
import type { NativeImporter } from "./native-importer.ts";

const PROBLEMS_KEPT = 100;

/** What came of a file of ours. */
export interface NativeOutcome {
  readonly id: SessionId;
  readonly named: SessionId;
  readonly isNew: boolean;
  readonly added: number;
  readonly problems: readonly Problem[];
  readonly problemCount: number;
  readonly lossy: boolean;
}

/**
 * Brings in a file of ours: whatever the session already holds is found by its content, and what it lacks is added at
 * its end. A session that went another way than the file is left as it is.
 */
export async function importNative(
  store: SessionStore,
  importer: NativeImporter,
  path: string,
  hooks: {
    readonly isTrashed: (id: SessionId) => Promise<void>;
    readonly onProgress: ((bytes: number) => void) | undefined;
  },
): Promise<NativeOutcome> {
  const named = await sessionIdOf(importer, path);
  let id = named;
  let found = await comparison(store, id, importer.read(path));
  while (found.state === "diverged") {
    id = derivedSessionId("diverged", id, found.firstNew);
    found = await comparison(store, id, importer.read(path));
  }
  if (found.state === "absent") await hooks.isTrashed(id);
  return await write(store, importer, path, { id, named, found }, hooks.onProgress);
}

async function sessionIdOf(importer: NativeImporter, path: string): Promise<SessionId> {
  for await (const item of importer.read(path)) {
    if (item.type === "session") return item.id;
  }
  throw new ImportError(path, "it holds no session");
}

interface Target {
  readonly id: SessionId;
  readonly named: SessionId;
  readonly found: Exclude<Comparison, { state: "diverged" }>;
}

async function write(
  store: SessionStore,
  importer: NativeImporter,
  path: string,
  { id, named, found }: Target,
  onProgress: ((bytes: number) => void) | undefined,
): Promise<NativeOutcome> {
  const writer = new BatchWriter(store, id, found);
  const problems: Problem[] = [];
  let problemCount = 0;
  let lossy = false;
  let index = -1;
  let bytes = 0;
  for await (const item of importer.read(path)) {
    switch (item.type) {
      case "session":
        await writer.begin(item.head, id === named ? undefined : named);
        break;
      case "message":
        index++;
        bytes += item.bytes;
        if (await writer.add(index, item.message, item.bytes)) onProgress?.(bytes);
        break;
      case "problem":
        problemCount++;
        lossy ||= item.problem.lost;
        if (problems.length < PROBLEMS_KEPT) problems.push(item.problem);
        break;
      case "end":
        await writer.end(item);
    }
  }
  const isNew = found.state === "absent";
  return { id, named, isNew, added: writer.added, problems, problemCount, lossy };
}
