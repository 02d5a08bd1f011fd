import type { ToolKind } from "@agentclientprotocol/sdk";

/** Tools of well-known agents whose names do not say it, and those whose first word would say something else. */
const BY_NAME: Readonly<Record<string, ToolKind>> = {
  ...{
    bashoutput: "execute",
    killshell: "execute",
    computer: "execute",
    program: "execute",
    code: "execute",
  },
  ...{
    task: "think",
    agent: "think",
    todowrite: "think",
    todoread: "think",
    update_plan: "think",
    plan: "think",
  },
  ...{ exitplanmode: "switch_mode", enterplanmode: "switch_mode", switch_mode: "switch_mode" },
  ...{ ls: "search", toolsearch: "search", tool_search: "search", web_search: "fetch", websearch: "fetch" },
};

/** The word in a tool's name that says what it does. */
const BY_WORD: Readonly<Record<string, ToolKind>> = {
  ...{ read: "read", view: "read", cat: "read", open: "read", get: "read", show: "read", load: "read" },
  ...{ write: "edit", edit: "edit", multiedit: "edit", patch: "edit", update: "edit", create: "edit" },
  ...{ replace: "edit", insert: "edit", append: "edit", save: "edit", modify: "edit" },
  ...{ delete: "delete", remove: "delete", rm: "delete", unlink: "delete" },
  ...{ move: "move", rename: "move", mv: "move" },
  ...{ search: "search", find: "search", grep: "search", glob: "search", list: "search", query: "search" },
  ...{ bash: "execute", shell: "execute", exec: "execute", execute: "execute", run: "execute" },
  ...{ command: "execute", terminal: "execute", interpreter: "execute" },
  ...{ think: "think", reason: "think", reflect: "think" },
  ...{ fetch: "fetch", download: "fetch", browse: "fetch", http: "fetch", curl: "fetch", webfetch: "fetch" },
};

/** What kind of tool it is, by its name alone: `mcp__files__read_file`, `files:readFile` and `Read` read. */
export function toolKind(name: string): ToolKind {
  const own = name.split(/__|[:./]/).findLast((part) => part !== "") ?? "";
  const whole = own.replace(/_call$/, "").toLowerCase();
  if (Object.hasOwn(BY_NAME, whole)) return BY_NAME[whole] ?? "other";
  const words = own
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z]+/);
  const known = [whole, ...words].find((word) => Object.hasOwn(BY_WORD, word));
  return known === undefined ? "other" : (BY_WORD[known] ?? "other");
}
