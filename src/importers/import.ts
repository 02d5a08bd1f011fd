import type { SessionStore } from "../store/session-store.ts";
import { ConflictError, ImportError } from "../session/errors.ts";
import type { SessionId } from "../session/session-id.ts";
import { detectFormat, unreadable } from "./detect.ts";
import type { Importer, Problem } from "./importer.ts";
import { comparison, type Comparison } from "./comparison.ts";
import { derivedSessionId } from "./identity.ts";
import { BatchWriter } from "./batch-writer.ts";

export interface ImportOptions {
  /** Leave out what the agent noted beside the conversation. Default: false, everything is kept. */
  readonly messagesOnly?: boolean | undefined;
  /** Called with the bytes of the file that were worked through, now and then. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** What became of one file. */
export interface ImportResult {
  readonly path: string;
  readonly format: string;
  readonly sessionId: SessionId;
  readonly outcome:
    /** The session is new. */
    | "created"
    /** The session was there; what it lacked was added at its end. */
    | "extended"
    /** The session had everything. */
    | "unchanged";
  /** The id that the file names, when the session under it went another way: then `sessionId` is another one. */
  readonly divergedFrom: SessionId | undefined;
  readonly messagesAdded: number;
  /** Messages in the file that were left out on request, or because they were at the first import. */
  readonly leftOut: number;
  /** How many places could not be read as one record. */
  readonly problemCount: number;
  /** Whether something of the file is in none of the messages. */
  readonly lossy: boolean;
  /** The first of them. */
  readonly problems: readonly Problem[];
}

const MOST_ATTEMPTS = 5;
const PROBLEMS_KEPT = 100;

/**
 * Brings one file's session into the store. Importing again adds only what is new: whatever the session already holds
 * is found by its content.
 *
 * A session that went another way than the file (both have messages that the other lacks, and the newest stored one is
 * not in the file) is left as it is: the file then becomes a session of its own, always the same one.
 *
 * @throws {ImportError} when the file cannot be read or is of no known format.
 * @throws {SessionStoreError} when the store fails; what was added until then stays, and the next import goes on there.
 */
export async function importFile(
  store: SessionStore,
  path: string,
  options: ImportOptions = {},
): Promise<ImportResult> {
  const importer = await detectFormat(path);
  if (importer === undefined) throw new ImportError(path, "it is no transcript of a known format");
  for (let attempt = 1; ; attempt++) {
    try {
      return await importOnce(store, importer, path, options);
    } catch (error) {
      // Somebody wrote to the session meanwhile, another import say: look again.
      if (error instanceof ConflictError && attempt < MOST_ATTEMPTS) continue;
      if ((error as NodeJS.ErrnoException).syscall === "read")
        throw new ImportError(path, unreadable(error), { cause: error });
      throw error;
    }
  }
}

async function importOnce(
  store: SessionStore,
  importer: Importer,
  path: string,
  options: ImportOptions,
): Promise<ImportResult> {
  const named = await sessionIdOf(importer, path);
  let id = named;
  let found = await comparison(store, id, importer.read(path), options);
  while (found.state === "diverged") {
    id = derivedSessionId("diverged", id, found.firstNew);
    found = await comparison(store, id, importer.read(path), options);
  }
  return await write(store, importer, path, options, { id, named, found });
}

async function sessionIdOf(importer: Importer, path: string): Promise<SessionId> {
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
  importer: Importer,
  path: string,
  options: ImportOptions,
  { id, named, found }: Target,
): Promise<ImportResult> {
  const writer = new BatchWriter(store, id, found);
  const problems: Problem[] = [];
  let problemCount = 0;
  let lossy = false;
  let leftOut = 0;
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
        if (item.besides && found.messagesOnly) leftOut++;
        else if (await writer.add(index, item.message, item.bytes)) options.onProgress?.(bytes);
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
  const outcome = found.state === "absent" ? "created" : writer.added > 0 ? "extended" : "unchanged";
  return {
    ...{ path, format: importer.format, sessionId: id, outcome },
    divergedFrom: id === named ? undefined : named,
    ...{ messagesAdded: writer.added, leftOut, problemCount, lossy, problems },
  };
}
