import type { StorageEngine } from "../engine/contract.ts";
import { FileEngine } from "../engine/file/file-engine.ts";
import { MemoryEngine } from "../engine/memory/memory-engine.ts";
import { InvalidArgumentError } from "../session/errors/errors.ts";

/** Whether a location is a PostgreSQL URL, whose engine is loaded only when someone asks for it. */
export function isPostgres(location: string): boolean {
  return /^postgres(ql)?:\/\//i.test(location);
}

/** The engine of a location: a directory or `memory:`. @throws {InvalidArgumentError} for anything else. */
export function engineFor(location: string): StorageEngine {
  if (location === "memory:") return new MemoryEngine();
  if (isPostgres(location)) {
    throw new InvalidArgumentError(
      "A PostgreSQL URL is opened with SessionStore.open(url), or as new SessionStore(new PostgresEngine({ url })).",
    );
  }
  if (location === "" || /^[a-z][a-z0-9+.-]+:\/\//i.test(location)) {
    throw new InvalidArgumentError(
      `${JSON.stringify(location)} is no store: pass a directory, "postgres://…", or "memory:".`,
    );
  }
  return new FileEngine(location);
}
