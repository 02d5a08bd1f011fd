import type * as Sqlite from "node:sqlite";
import { SessionStoreError } from "./session/errors/errors.ts";

let loaded: typeof Sqlite | undefined;

/**
 * Node's SQLite, without the notice on standard error that it is new in Node.
 * @throws `NOT_SUPPORTED` where the runtime has none.
 */
export function sqlite(): typeof Sqlite {
  if (loaded === undefined) {
    const warn = process.emitWarning.bind(process);
    process.emitWarning = () => undefined;
    try {
      loaded = process.getBuiltinModule("node:sqlite");
    } finally {
      process.emitWarning = warn;
    }
  }
  if (loaded === undefined)
    throw new SessionStoreError(
      "NOT_SUPPORTED",
      "Sessions in files need node:sqlite, which this runtime does not have; Node.js 22.18, Bun 1.4, Deno 2.9 and newer ones do.",
    );
  return loaded;
}
