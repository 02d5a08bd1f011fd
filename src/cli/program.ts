import { readFileSync } from "node:fs";
import { Command, type CommanderError } from "commander";
import { EXIT_MEANINGS, usageError } from "./exit-code.ts";
import { commandsNamed } from "./verbs.ts";

const NOTES = `
The store is --store, else $ASTRID_SESSIONS_STORE, else $ASTRID_HOME/sessions, else ~/.astrid/sessions.

Exit codes:
${EXIT_MEANINGS.map(([code, meaning]) => `  ${String(code).padEnd(3)}  ${meaning}`).join("\n")}`;

/** The command line, with those of the commands that it names, or all where it names none. */
export async function program(argv: readonly string[]): Promise<Command> {
  const root = new Command("astrid-sessions")
    .description("Keep, list and read the sessions of AI agents.")
    .version(version())
    .option("--store <place>", "the directory or postgres:// URL that holds the sessions")
    .option("--json", "results, and errors, as JSON")
    .option("--plain", "without a command: pick from the sessions without the alternate screen")
    .addHelpText("after", NOTES);
  const commands = await commandsNamed(argv);
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
export class Refused extends Error {
  readonly command: Command;
  readonly parserError: CommanderError;

  constructor(command: Command, parserError: CommanderError) {
    super(parserError.message, { cause: parserError });
    this.command = command;
    this.parserError = parserError;
  }
}

export function seeHelp(command: Command): string {
  const names: string[] = [];
  for (let one: Command | null = command; one !== null; one = one.parent) names.unshift(one.name());
  return `See "${names.join(" ")} --help".`;
}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as object;
  return "version" in manifest ? String(manifest.version) : "unknown";
}
