import type { DatabaseSync } from "node:sqlite";

/** Grows with every change of the tables; an index of any other version is replaced. */
const SCHEMA = 16;
/** "astr": tells the index from any other database. */
const APPLICATION = 0x61737472;

const TABLES = `
  -- One row for each session whose files were looked at; state 0: a session, 1: none (but perhaps some
  -- in the trash), 2: unreadable.
  CREATE TABLE sessions (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    identity TEXT NOT NULL,
    state INTEGER NOT NULL,
    updated INTEGER,
    created INTEGER,
    child INTEGER,
    user TEXT,
    model TEXT,
    source TEXT,
    workspace_path TEXT,
    workspace_id TEXT,
    title TEXT,
    summary TEXT,
    -- The lives that are in the trash, as JSON, the one removed last first.
    trashed TEXT,
    -- Of summary and trashed.
    checksum INTEGER
  );
  -- What a new process compares with the files, without the summaries between.
  CREATE INDEX identities ON sessions (id, identity);
  CREATE INDEX sessions_by_updated ON sessions (updated DESC, id) WHERE state = 0;
  CREATE INDEX parents_by_updated ON sessions (updated DESC, id) WHERE state = 0 AND child = 0;
  CREATE INDEX sessions_by_created ON sessions (created DESC, id) WHERE state = 0;
  CREATE INDEX sessions_by_workspace ON sessions (workspace_path, workspace_id) WHERE workspace_path IS NOT NULL;
  CREATE INDEX trashed_sessions ON sessions (id) WHERE trashed IS NOT NULL;
  CREATE INDEX unusual_sessions ON sessions (state) WHERE state <> 0 OR identity = '';

  -- How far a session's text is in the full text; see text-follower.ts. journal: its identity.
  CREATE TABLE texts (
    session INTEGER PRIMARY KEY,
    identity TEXT NOT NULL,
    journal TEXT,
    position TEXT,
    count INTEGER NOT NULL
  );
  -- The rows of the full text: a message, or at position -1 the title. at, length: its JSON text in the journal.
  -- Session 0: rows that are removed later; see text-rows.ts.
  CREATE TABLE messages (
    key INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    position INTEGER NOT NULL,
    -- Who speaks in it, and the tools that it calls, as JSON, where it calls some.
    role TEXT,
    tools TEXT,
    at INTEGER,
    length INTEGER,
    sum INTEGER
  );
  CREATE INDEX messages_of_session ON messages (session, position);
  -- parts: what parts of identifiers are found by, see search-tokens.ts.
  CREATE VIRTUAL TABLE text USING fts5(
    content, parts, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
  );
  -- To put pieces together takes as long as to write them: it is done when nobody waits, not on the way, and in steps,
  -- not at once (text-rows.ts). A larger piece makes a faster search, and holds up the event loop when it is written;
  -- those of this size are the largest.
  INSERT INTO text (text, rank) VALUES ('automerge', 0), ('crisismerge', 1000), ('hashsize', ${4 << 20});
`;

/** Makes an empty database the index. */
export function createTables(database: DatabaseSync): void {
  database.exec(
    `BEGIN; ${TABLES} PRAGMA application_id = ${APPLICATION}; PRAGMA user_version = ${SCHEMA}; COMMIT`,
  );
}

/** Whether a database is an index that this version reads. */
export function isCurrent(database: DatabaseSync): boolean {
  const application = database.prepare("PRAGMA application_id").get()?.["application_id"];
  const version = database.prepare("PRAGMA user_version").get()?.["user_version"];
  return application === APPLICATION && version === SCHEMA;
}
