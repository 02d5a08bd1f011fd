import type * as Sqlite from "node:sqlite";

let loaded: typeof Sqlite | undefined;

/** Node's SQLite, without the notice on standard error that it is new in Node. */
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
  return loaded;
}
