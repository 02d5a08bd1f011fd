import { Command } from "commander";
import { resumeLine, type Resumption } from "../../../importers/resume.ts";
import { withStore, type Context } from "../../context.ts";
import { EXIT } from "../../exit-code.ts";
import { findSession } from "../../find-session.ts";
import { resumptionHere, runAgent } from "../../resume-session.ts";

const EXAMPLES = `
The command is printed for you to look at; --exec runs it. It loosens no permission of the agent, and no shell reads
its arguments.

Examples:
  astrid-sessions resume latest
  astrid-sessions resume 1a2b --exec`;

export function resumeCommand(): Command {
  return new Command("resume")
    .description("go on with a session in the agent that it was brought in from")
    .argument("<session>", 'an id, the beginning of one, or "latest"')
    .option("--exec", "run the agent here, instead of printing the command")
    .addHelpText("after", EXAMPLES)
    .action(async (session: string, { exec = false }: { exec?: boolean }, command: Command) => {
      let resumption: Resumption | undefined;
      await withStore(command, async (context) => {
        const { store, output } = context;
        const id = await findSession(store, session);
        resumption = await resumptionHere(store, id, (text) => output.note(text));
        if (!exec) await print(context, resumption);
        return EXIT.ok;
      });
      // The store is closed while the agent works.
      if (exec && resumption !== undefined) await runAgent(resumption);
    });
}

async function print({ output }: Context, resumption: Resumption): Promise<void> {
  const { agent, command, directory } = resumption;
  if (output.json) await output.document({ agent, command, directory });
  else await output.line(resumeLine({ command, directory }));
}
