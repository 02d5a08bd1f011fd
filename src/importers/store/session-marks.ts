import type { DatabaseSync } from "node:sqlite";
import { openCache } from "./cache-file.ts";

/** A session of a database as it was when it was imported. */
export interface MarkedSession {
  readonly mark: string;
  readonly sessionId: string;
  readonly problemCount: number;
  readonly lossy: boolean;
}

/**
 * What the sessions of agents' databases looked like when they were imported, so that only those are read that changed.
 * In the ledger's file, and only a cache like it.
 */
export class SessionMarks {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** `undefined` when there cannot be one. */
  static open(path: string): SessionMarks | undefined {
    return openCache(
      path,
      "sessions (path TEXT, session TEXT, known TEXT NOT NULL, PRIMARY KEY (path, session)) STRICT",
      (database) => new SessionMarks(database),
    );
  }

  /** Of one database, by the agent's own ids. */
  of(path: string): ReadonlyMap<string, MarkedSession> {
    try {
      const rows = this.#database.prepare("SELECT session, known FROM sessions WHERE path = ?").all(path);
      return new Map(
        rows.map(({ session, known }) => [session as string, JSON.parse(known as string) as MarkedSession]),
      );
    } catch {
      return new Map();
    }
  }

  note(path: string, session: string, known: MarkedSession): void {
    try {
      this.#database
        .prepare("INSERT OR REPLACE INTO sessions (path, session, known) VALUES (?, ?, ?)")
        .run(path, session, JSON.stringify(known));
    } catch {
      // The session will be read again.
    }
  }

  close(): void {
    try {
      this.#database.close();
    } catch {
      // Nothing in it is needed.
    }
  }
}
