import type { Command } from "commander";
import { CommandError, EXIT } from "./exit-code.ts";
import { storeInEnvironment } from "./store-in-environment.ts";
import { endWithStandardOutput, reportError } from "./output/output.ts";
import { program, Refused, seeHelp } from "./program.ts";

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
  const hint = parserError.code === "commander.unknownOption" ? minusHint(command) : "";
  return new CommandError("USAGE", EXIT.usage, `${message}\n${hint}${seeHelp(command)}`);
}

/** Commands whose words are anybody's own may be given one that begins with a minus. */
function minusHint(command: Command): string {
  const words = command.registeredArguments.at(-1);
  if (words?.variadic !== true || words.name() === "session" || words.name() === "path") return "";
  const example = command.name() === "search" ? `: search 'quota -retry', or search -- quota -retry` : "";
  return `A word that begins with a minus stands in quotes with the others, or behind "--"${example}.\n`;
}

void main(process.argv.slice(2));
