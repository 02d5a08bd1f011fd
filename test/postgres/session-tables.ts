/** The tables that hold what belongs to a session. */
export const SESSION_TABLES = [
  "sessions",
  "heads",
  "activity",
  "messages",
  "commits",
  "words",
  "indexed",
  "side_items",
  "leases",
  "removals",
];
