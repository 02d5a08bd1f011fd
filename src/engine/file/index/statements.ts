import type { DatabaseSync, StatementSync } from "node:sqlite";

const READS = /^\s*(SELECT|WITH|PRAGMA)\b/i;

/** The statements of an open database, each prepared once. */
export class Statements {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  of(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      // A write tells the last row that was inserted. That may be one of FTS5's own, whose numbers go beyond 2^53: Node 26
      // throws when it has to tell it as a number.
      if (!READS.test(sql)) statement.setReadBigInts(true);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }
}
