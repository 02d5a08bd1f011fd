import type { Command } from "commander";

/** The names of a command, its own first, and where it is. */
type Entry = readonly [names: readonly string[], load: () => Promise<Command>];

/** The commands by what one wants to do. */
const GROUPS: readonly (readonly [title: string, entries: readonly Entry[]])[] = [
  [
    "Find and read:",
    [
      [["list", "ls"], async () => (await import("./commands/find/list.ts")).listCommand()],
      [["show"], async () => (await import("./commands/read/show.ts")).showCommand()],
      [["search"], async () => (await import("./commands/find/search.ts")).searchCommand()],
      [["view"], async () => (await import("./commands/read/view.ts")).viewCommand()],
      [["stats"], async () => (await import("./commands/find/stats.ts")).statsCommand()],
      [["export"], async () => (await import("./commands/read/export.ts")).exportCommand()],
      [["workspaces"], async () => (await import("./commands/find/workspaces.ts")).workspacesCommand()],
    ],
  ],
  [
    "Bring in and go on:",
    [
      [["sync"], async () => (await import("./commands/go-on/sync.ts")).syncCommand()],
      [["import"], async () => (await import("./commands/go-on/import.ts")).importCommand()],
      [["give-back"], async () => (await import("./commands/go-on/give-back.ts")).giveBackCommand()],
      [["resume"], async () => (await import("./commands/go-on/resume.ts")).resumeCommand()],
      [["handoff"], async () => (await import("./commands/go-on/handoff.ts")).handoffCommand()],
      [["fork"], async () => (await import("./commands/go-on/go-back.ts")).forkCommand()],
      [["rewind"], async () => (await import("./commands/go-on/go-back.ts")).rewindCommand()],
      [["undo"], async () => (await import("./commands/go-on/go-back.ts")).undoCommand()],
      [["compact"], async () => (await import("./commands/go-on/go-back.ts")).compactCommand()],
    ],
  ],
  [
    "Keep in order:",
    [
      [["rename"], async () => (await import("./commands/order/organize.ts")).renameCommand()],
      [["tag"], async () => (await import("./commands/order/organize.ts")).tagCommand()],
      [["pin"], async () => (await import("./commands/order/organize.ts")).pinCommand()],
      [["archive"], async () => (await import("./commands/order/organize.ts")).archiveCommand()],
      [["relink"], async () => (await import("./commands/find/workspaces.ts")).relinkCommand()],
      [["move-project"], async () => (await import("./commands/go-on/move-project.ts")).moveProjectCommand()],
      [["rm"], async () => (await import("./commands/order/rm.ts")).rmCommand()],
      [["restore"], async () => (await import("./commands/order/trash.ts")).restoreCommand()],
      [["trash"], async () => (await import("./commands/order/trash.ts")).trashCommand()],
      [["cleanup"], async () => (await import("./commands/order/cleanup.ts")).cleanupCommand()],
    ],
  ],
  [
    "Look after a store:",
    [
      [["doctor"], async () => (await import("./commands/care/doctor.ts")).doctorCommand()],
      [["redact"], async () => (await import("./commands/care/redact.ts")).redactCommand()],
      [["vacuum"], async () => (await import("./commands/care/vacuum.ts")).vacuumCommand()],
      [["du"], async () => (await import("./commands/care/du.ts")).duCommand()],
      [["pack"], async () => (await import("./commands/care/pack.ts")).packCommand()],
      [["checkpoint"], async () => (await import("./commands/care/checkpoint.ts")).checkpointCommand()],
      [["copy"], async () => (await import("./commands/care/copy.ts")).copyCommand()],
      [["path"], async () => (await import("./commands/care/path.ts")).pathCommand()],
    ],
  ],
  [
    "Serve and operate:",
    [
      [["mcp"], async () => (await import("./commands/serve/mcp.ts")).mcpCommand()],
      [["migrate"], async () => (await import("./commands/serve/operate.ts")).migrateCommand()],
      [["health"], async () => (await import("./commands/serve/operate.ts")).healthCommand()],
      [["expire"], async () => (await import("./commands/serve/operate.ts")).expireCommand()],
      [["completion"], async () => (await import("./commands/serve/completion.ts")).completionCommand()],
    ],
  ],
];

const VERBS = GROUPS.flatMap(([title, entries]) => entries.map((entry) => [title, ...entry] as const));

/** The commands that some of the words name, or all where none does: no other is loaded. */
export async function commandsNamed(words: readonly string[]): Promise<Command[]> {
  const named = VERBS.filter(([, names]) => names.some((name) => words.includes(name)));
  const wanted = named.length > 0 ? named : VERBS;
  return await Promise.all(wanted.map(async ([title, , load]) => (await load()).helpGroup(title)));
}
