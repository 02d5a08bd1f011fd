import { readFileSync } from "node:fs";
import { Command, type CommanderError } from "commander";
import { CommandError, EXIT, usageError } from "./exit-code.ts";
import { storeInEnvironment } from "./store-in-environment.ts";
import { endWithStandardOutput, reportError } from "./output/output.ts";

type Entry = readonly [names: readonly string[], load: () => Promise<Command>];

/**
 * The commands by what one wants to do: each one's name and aliases, and where it is. Only what the command line names
 * is loaded.
 */
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
      [["du"], async () => (await import("./commands/care/du.ts")).duCommand()],
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
    ],
  ],
];

const COMMANDS = GROUPS.flatMap(([title, entries]) => entries.map((entry) => [title, ...entry] as const));

const NOTES = `
The store is --store, else $ASTRID_SESSIONS_STORE, else $ASTRID_HOME/sessions, else ~/.astrid/sessions.

Exit codes:
  0  done
  1  the store failed
  2  the command line makes no sense
  3  no session matches, or more than one
  4  some input or some session could not be read; everything else was done
  5  doctor --secrets found secrets`;

async function program(argv: readonly string[]): Promise<Command> {
  const root = new Command("astrid-sessions")
    .description("Keep, list and read the sessions of AI agents.")
    .version(version())
    .option("--store <place>", "the directory or postgres:// URL that holds the sessions")
    .option("--json", "results, and errors, as JSON")
    .option("--plain", "without a command: pick from the sessions without the alternate screen")
    .addHelpText("after", NOTES);
  const named = COMMANDS.filter(([, names]) => names.some((name) => argv.includes(name)));
  const wanted = named.length > 0 ? named : COMMANDS;
  const commands = await Promise.all(wanted.map(async ([title, , load]) => (await load()).helpGroup(title)));
  for (const command of commands) root.addCommand(command);
  const help = helpCommand(root, commands);
  root.helpCommand(false).addCommand(help);
  for (const command of [root, help, ...commands, ...commands.flatMap((parent) => parent.commands)]) {
    command.configureHelp({ showGlobalOptions: true, helpWidth: process.stdout.columns || 100 });
    // Errors are ours to tell, below.
    command.configureOutput({ outputError: () => undefined }).exitOverride((error) => {
      throw new Refused(command, error);
    });
  }
  return root;
}

/** The parser's own says nothing of a command that there is not. */
function helpCommand(root: Command, commands: readonly Command[]): Command {
  return new Command("help")
    .description("show the help of a command")
    .argument("[command]")
    .action((name: string | undefined) => {
      const found =
        name === undefined
          ? root
          : commands.find((command) => command.name() === name || command.aliases().includes(name));
      if (found !== undefined) found.outputHelp();
      else throw usageError(`There is no command ${JSON.stringify(name)}.\n${seeHelp(root)}`);
    });
}

/** What the parser says of a command line, and the command whose part of it makes no sense. */
class Refused extends Error {
  readonly command: Command;
  readonly parserError: CommanderError;

  constructor(command: Command, parserError: CommanderError) {
    super(parserError.message, { cause: parserError });
    this.command = command;
    this.parserError = parserError;
  }
}

function seeHelp(command: Command): string {
  const names: string[] = [];
  for (let one: Command | null = command; one !== null; one = one.parent) names.unshift(one.name());
  return `See "${names.join(" ")} --help".`;
}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as object;
  return "version" in manifest ? String(manifest.version) : "unknown";
}

async function main(argv: readonly string[]): Promise<void> {
  const json = argv.includes("--json");
  endWithStandardOutput(json);
  try {
    const asked = pickerAsked(argv);
    if (asked !== undefined) {
      // Loaded here: nobody else waits for it.
      const { pick } = await import("./picker/picker.ts");
      await pick(asked.store ?? storeInEnvironment(), asked.isPlain);
      return;
    }
    await (await program(argv)).parseAsync(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof Refused)) reportError(error, json);
    else if (error.parserError.code === "commander.help" && error.parserError.exitCode !== 0)
      // Without a command, the help was shown.
      process.exitCode = EXIT.usage;
    else if (error.parserError.exitCode !== 0) reportError(asOurs(error), json);
  }
}

/** On a terminal, without a command, sessions are picked from; elsewhere there is the help. */
function pickerAsked(argv: readonly string[]): { store: string | undefined; isPlain: boolean } | undefined {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return undefined;
  const rest = [...argv];
  let store: string | undefined;
  let isPlain = false;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--plain") isPlain = true;
    else if (word.startsWith("--store=")) store = word.slice("--store=".length);
    else if (word === "--store" && rest.length > 0) store = rest.shift();
    else return undefined;
  }
  return { store, isPlain };
}

function asOurs({ command, parserError }: Refused): CommandError {
  const message = parserError.message.replace(/^error: /, "");
  return new CommandError("USAGE", EXIT.usage, `${message}\n${seeHelp(command)}`);
}

void main(process.argv.slice(2));
