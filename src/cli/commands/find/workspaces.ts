import { Command } from "commander";
import type { WorkspaceSummary } from "../../../index.ts";
import { isSessionId } from "../../../session/session-id.ts";
import { withStore, type Context } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-code.ts";
import { placeOf } from "../../place-of.ts";
import { tableLines, type Column } from "../../output/table.ts";
import { oneLine } from "../../output/text-width.ts";
import { byteSize, counted, grouped, relativeTime } from "../../output/units.ts";

const EXAMPLE = `
A workspace is known by its .astrid/workspace-id, else by its git repository (all work trees are one), else by its real
path. "gone" is one that is not there any more: relink gives its sessions another place.

Example:
  astrid-sessions workspaces`;

export function workspacesCommand(): Command {
  return new Command("workspaces")
    .description("list the projects that sessions belong to, last used first")
    .addHelpText("after", EXAMPLE)
    .action((_: object, command: Command) => withStore(command, workspaces));
}

async function workspaces({ store, output, now }: Context): Promise<ExitCode> {
  const found = await store.workspaces();
  if (output.json) await output.document({ store: store.location, workspaces: found });
  else if (found.length === 0) output.note(`No session in ${store.location} belongs to a workspace.`);
  else {
    const rows = found.map((one) => [
      relativeTime(one.updatedAt, now),
      grouped(one.sessionCount),
      grouped(one.messageCount),
      byteSize(one.bytes),
      stateOf(one),
      oneLine(one.path ?? `(id ${one.id ?? ""})`),
    ]);
    const [header = "", ...lines] = tableLines(COLUMNS, rows, output.width);
    await output.line(output.style("dim", header));
    for (const line of lines) await output.line(line);
  }
  return EXIT.ok;
}

const COLUMNS: readonly Column[] = [
  { header: "USED", align: "right" },
  { header: "SESSIONS", align: "right" },
  { header: "MESSAGES", align: "right" },
  { header: "SIZE", align: "right" },
  { header: "STATE" },
  { header: "WORKSPACE", shrinksTo: 20 },
];

function stateOf({ exists }: WorkspaceSummary): string {
  return exists === null ? "unknown" : exists ? "there" : "gone";
}

interface RelinkCommandOptions {
  readonly dryRun?: boolean;
}

const RELINK_EXAMPLES = `
What lies below the old path goes along. A path of another system (C:\\work\\app) is taken as it is written. Cut short,
the command is given again and does what is left.

Examples:
  astrid-sessions relink ~/old-name ~/new-name
  astrid-sessions relink 'C:\\work\\app' /mnt/c/work/app --dry-run`;

export function relinkCommand(): Command {
  return new Command("relink")
    .description("give the sessions of a renamed or moved project its new place")
    .argument("<old>", "the path that the sessions have, or a workspace's id")
    .argument("<new>", "where the project is now")
    .option("--dry-run", "only say what would be changed")
    .addHelpText("after", RELINK_EXAMPLES)
    .action((from: string, to: string, options: RelinkCommandOptions, command: Command) =>
      withStore(command, (context) => relink(context, from, placeOf(to), options)),
    );
}

async function relink(
  { store, output }: Context,
  from: string,
  to: string,
  { dryRun = false }: RelinkCommandOptions,
): Promise<ExitCode> {
  const sessions = await store.relink(isSessionId(from.toLowerCase()) ? from : placeOf(from), to, { dryRun });
  if (output.json) await output.document({ dryRun, sessions });
  else {
    for (const one of sessions)
      await output.line(`${one.id}  ${oneLine(one.from ?? "(no path)")} → ${oneLine(one.to)}`);
    output.note(`${dryRun ? "Would relink" : "Relinked"} ${counted(sessions.length, "session")}.`);
  }
  return EXIT.ok;
}
