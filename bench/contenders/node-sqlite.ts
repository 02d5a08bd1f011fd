import { join } from "node:path";
import type { Message } from "../../src/index.ts";
import type { Contender } from "./contender.ts";

/** Node's own SQLite: one database, one row per message, one transaction per turn, at equal durability. */
export const nodeSqlite: Contender = {
  name: "node:sqlite, row per message (WAL, FULL)",
  survives: "power cut",
  async open(folder) {
    const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
    const database = new DatabaseSync(join(folder, "sessions.sqlite"));
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    database.exec(
      "CREATE TABLE messages (session TEXT, position INTEGER, message TEXT, PRIMARY KEY (session, position))",
    );
    const begin = database.prepare("BEGIN IMMEDIATE");
    const insert = database.prepare("INSERT INTO messages VALUES (?, ?, ?)");
    const commit = database.prepare("COMMIT");
    return {
      async begin(id, messages) {
        let count = 0;
        const save = (turn: readonly Message[]): void => {
          begin.run();
          for (const message of turn) insert.run(id, count++, JSON.stringify(message));
          commit.run();
        };
        save(messages);
        return save;
      },
      close: async () => database.close(),
    };
  },
};
