import { Command } from "commander";
import { withStore } from "../../context.ts";
import { EXIT } from "../../exit-code.ts";

export function pathCommand(): Command {
  return new Command("path")
    .description("print where the sessions are")
    .addHelpText("after", '\nExample:\n  du -sh "$(astrid-sessions path)"')
    .action((_options: object, command: Command) =>
      withStore(command, async ({ store, output }) => {
        if (output.json) await output.document({ path: store.location });
        else await output.line(store.location);
        return EXIT.ok;
      }),
    );
}
