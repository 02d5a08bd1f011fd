import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { checkpointCommand } from "./checkpoint.ts";
import { cleanupCommand } from "./cleanup.ts";
import { doctorCommand } from "./doctor.ts";
import { CommandError, EXIT } from "./exit-code.ts";
import { importCommand } from "./import.ts";
import { listCommand } from "./list.ts";
import { endQuietlyOnClosedPipe, reportError } from "./output.ts";
import { pathCommand } from "./path.ts";
import { rmCommand } from "./rm.ts";
import { searchCommand } from "./search.ts";
import { showCommand } from "./show.ts";
import { restoreCommand, trashCommand } from "./trash.ts";

const NOTES = `
The store is --store, else $ASTRID_SESSIONS_STORE, else $ASTRID_HOME/sessions, else ~/.astrid/sessions.

Exit codes:
  0  done
  1  the store failed
  2  the command line makes no sense
  3  no session matches, or more than one
  4  some input or some session could not be read; everything else was done`;

function program(): Command {
  const root = new Command("astrid-sessions")
    .description("Keep, list and read the sessions of AI agents.")
    .version(version())
    .option("--store <dir>", "the directory that holds the sessions")
    .option("--json", "results, and errors, as JSON")
    .addHelpText("after", NOTES);
  const commands = [
    ...[listCommand(), showCommand(), importCommand(), rmCommand(), restoreCommand(), trashCommand()],
    ...[cleanupCommand(), doctorCommand(), checkpointCommand(), pathCommand(), searchCommand()],
  ];
  for (const command of commands) root.addCommand(command);
  for (const command of [root, ...commands, ...commands.flatMap((parent) => parent.commands)]) {
    command.configureHelp({ showGlobalOptions: true, helpWidth: process.stdout.columns || 100 });
    // Errors are ours to tell, below.
    command.exitOverride().configureOutput({ outputError: () => undefined });
  }
  return root;
}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as object;
  return "version" in manifest ? String(manifest.version) : "unknown";
}

async function main(argv: readonly string[]): Promise<void> {
  endQuietlyOnClosedPipe();
  try {
    await program().parseAsync(argv, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    // Without a command, the help was shown.
    if (error instanceof CommanderError && error.code === "commander.help") process.exitCode = EXIT.usage;
    else reportError(asOurs(error), argv.includes("--json"));
  }
}

function asOurs(error: unknown): unknown {
  if (!(error instanceof CommanderError)) return error;
  const message = error.message.replace(/^error: /, "");
  return new CommandError("USAGE", EXIT.usage, `${message}\nSee "astrid-sessions --help".`);
}

await main(process.argv.slice(2));
