import { Command } from "commander";
import { HANDOFF_BUDGET, SMALLEST_HANDOFF } from "../../../exporters/handoff/brief.ts";
import { withStore, type Context } from "../../context.ts";
import { EXIT, usageError, type ExitCode } from "../../exit-code.ts";
import { findSession } from "../../find-session.ts";
import { counted } from "../../output/units.ts";

const EXAMPLES = `
A brief in Markdown: what was asked and done, files changed, open ends, and what was said last, in the session's own
words. Nothing is sent anywhere and no model is asked. Secrets, and what looks like one, are replaced.

Examples:
  astrid-sessions handoff latest
  astrid-sessions handoff 1a2b --to codex > brief.md
  codex "$(astrid-sessions handoff 1a2b --to codex)"
  astrid-sessions handoff 1a2b --budget 40000`;

export function handoffCommand(): Command {
  return new Command("handoff")
    .description("a brief of a session, for another agent to go on from")
    .argument("<session>", 'an id, the beginning of one, or "latest"')
    .option("--to <agent>", "the agent that is to go on: codex, gemini, …")
    .option("--budget <characters>", "the brief's length at most", budget, HANDOFF_BUDGET)
    .addHelpText("after", EXAMPLES)
    .action((session: string, options: Options, command: Command) =>
      withStore(command, (context) => give(context, session, options)),
    );
}

interface Options {
  readonly to?: string;
  readonly budget: number;
}

async function give({ store, output }: Context, session: string, options: Options): Promise<ExitCode> {
  const { handoff } = await import("../../../exporters/handoff/handoff.ts");
  const { text, secrets, ...about } = await handoff(store, await findSession(store, session), options);
  if (output.json) {
    await output.document({ ...about, secrets, text });
    return EXIT.ok;
  }
  await output.write(text);
  if (secrets > 0) output.note(`${counted(secrets, "secret")} replaced.`);
  return EXIT.ok;
}

function budget(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= SMALLEST_HANDOFF) return number;
  throw usageError(`--budget is a number of characters, ${SMALLEST_HANDOFF} at least.`);
}
