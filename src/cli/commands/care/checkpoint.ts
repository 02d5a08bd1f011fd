import { Command } from "commander";
import { withStore, type Context } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-code.ts";
import { findSession } from "../../find-session.ts";

export function checkpointCommand(): Command {
  return new Command("checkpoint")
    .description("write a session's document anew, for Astrid or a backup to read")
    .argument("<session>", 'an id, the beginning of one, or "latest"')
    .addHelpText("after", "\nExample:\n  astrid-sessions checkpoint latest")
    .action((session: string, _options: object, command: Command) =>
      withStore(command, (context) => checkpoint(context, session)),
    );
}

async function checkpoint({ store, output }: Context, name: string): Promise<ExitCode> {
  const id = await findSession(store, name);
  await store.checkpoint(id);
  const revision = (await store.summary(id))?.revision ?? null;
  if (output.json) await output.document({ id, revision });
  else await output.line(`checkpoint written: ${id} at revision ${revision}`);
  return EXIT.ok;
}
