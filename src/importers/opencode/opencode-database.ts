import type { DatabaseFormat } from "../database/database-format.ts";
import { hasColumns } from "../database/tables.ts";
import { opencodeSessionId, OpencodeReader } from "./opencode-reader.ts";

/** opencode's database, and that of programs that keep its tables (Kilo): a row for each message and each part of one. */
export const opencodeDatabase: DatabaseFormat = {
  format: "opencode",
  name: "opencode",
  version: 1,
  isOf: (tables) =>
    hasColumns(tables, "session", ["id", "project_id", "directory", "title"]) &&
    tables.has("message") &&
    tables.has("part"),
  needs: {
    session: ["id", "parent_id", "directory", "title", "time_created"],
    message: ["id", "session_id", "time_created", "data"],
    part: ["id", "message_id", "session_id", "data"],
  },
  sessions: { table: "session", parent: "parent_id", created: "time_created" },
  unread: ["todo", "session_message", "session_share", "permission"],
  // A part whose message is another session's comes last.
  rows: () => `
    SELECT t, r FROM (
      SELECT 'message' AS t, rowid AS r, time_created AS a, id AS b, '' AS c FROM message WHERE session_id = ?1
      UNION ALL
      SELECT 'part' AS t, p.rowid AS r, m.time_created AS a, m.id AS b, p.id AS c
      FROM part AS p LEFT JOIN message AS m ON m.id = p.message_id AND m.session_id = p.session_id
      WHERE p.session_id = ?1
    ) ORDER BY b IS NULL, a, b, c`,
  idOf: opencodeSessionId,
  begin: (harvest, { row }) => new OpencodeReader(harvest, row),
};
