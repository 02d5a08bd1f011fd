import { isSqlite } from "./database/database-formats.ts";
import type { Beginning } from "./read/beginning.ts";

/** As Cline names it, from which others were made. */
const isTask = (path: string): boolean => path.endsWith("/api_conversation_history.json");

/** Signs of files that are known and not read. */
const SIGNS: readonly { readonly name: string; readonly test: (beginning: Beginning) => boolean }[] = [
  {
    name: "Aider",
    test: ({ text }) => text.startsWith("\n# aider chat started at") || text.startsWith("# aider chat"),
  },
  {
    name: "Cursor",
    test: ({ name, start }) => isSqlite(start) && (name === "state.vscdb" || name === "store.db"),
  },
  { name: "Antigravity", test: ({ path, start }) => isSqlite(start) && path.includes("antigravity") },
  { name: "Cursor", test: ({ path }) => path.includes("/agent-transcripts/") },
  {
    name: "Roo Code",
    test: ({ path }) => path.includes("rooveterinaryinc.roo-cline/tasks/") && isTask(path),
  },
  { name: "Kilo Code", test: ({ path }) => path.includes("kilocode.kilo-code/tasks/") && isTask(path) },
  { name: "Amp", test: ({ name, text }) => /^T-[0-9a-f-]+\.json$/.test(name) && text.includes('"messages"') },
  {
    name: "Grok Build",
    test: ({ path, name }) => path.includes("/.grok/sessions/") && name === "updates.jsonl",
  },
];

/** What a file of no format that is read looks like; `undefined` when nothing is known of it. */
export function lookalike(beginning: Beginning): string | undefined {
  return SIGNS.find(({ test }) => test(beginning))?.name;
}
