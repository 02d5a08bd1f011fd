import { Command } from "commander";
import { withStore, type Context } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-code.ts";
import { findSession } from "../../find-session.ts";
import { printable } from "../../output/text-width.ts";
import { byteSize } from "../../output/units.ts";

const EXAMPLES = `
The session's file, and those of its sub-agents, as they were imported, byte for byte: all of them or none, and never
over other bytes. What was said here since is not in them.

Examples:
  astrid-sessions give-back 1a2b && astrid-sessions resume 1a2b
  astrid-sessions give-back 1a2b --to /tmp/look`;

export function giveBackCommand(): Command {
  return new Command("give-back")
    .description("give a session's file back to the agent that has deleted it")
    .argument("<session>", 'an id, the beginning of one, or "latest"')
    .option("--to <folder>", "write there, instead of where the agent looks")
    .addHelpText("after", EXAMPLES)
    .action((session: string, options: { readonly to?: string }, command: Command) =>
      withStore(command, (context) => give(context, session, options.to)),
    );
}

async function give({ store, output }: Context, session: string, to: string | undefined): Promise<ExitCode> {
  const { giveBack } = await import("../../../importers/original/give-back.ts");
  const files = await giveBack(store, await findSession(store, session), { to });
  if (output.json) {
    await output.document({ files });
    return EXIT.ok;
  }
  for (const { path, bytes, outcome } of files)
    await output.line(
      `${outcome === "written" ? "written" : "is there"}  ${byteSize(bytes)}  ${printable(path)}`,
    );
  return EXIT.ok;
}
