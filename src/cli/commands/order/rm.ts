import { Command } from "commander";
import type { SessionId } from "../../../index.ts";
import { displayTitle } from "../../../session/summary/summary.ts";
import { withStore, type Context } from "../../context.ts";
import { EXIT, usageError, type ExitCode } from "../../exit-code.ts";
import { findSession } from "../../find-session.ts";
import { oneLine } from "../../output/text-width.ts";

interface RmOptions {
  readonly permanent?: boolean;
  readonly subagents: boolean;
}

const EXAMPLES = `
Examples:
  astrid-sessions rm 1a2b               to the trash; "restore 1a2b" brings it back
  astrid-sessions rm 1a2b 3c4d --permanent`;

export function rmCommand(): Command {
  return new Command("rm")
    .description("move sessions to the trash, with those of their sub-agents")
    .argument("<session...>", "ids, or the beginnings of ids")
    .option("--permanent", "remove them for good")
    .option("--no-subagents", "leave the sessions of their sub-agents")
    .addHelpText("after", EXAMPLES)
    .action((sessions: string[], options: RmOptions, command: Command) =>
      withStore(command, (context) => rm(context, sessions, options)),
    );
}

async function rm(
  { store, output }: Context,
  names: readonly string[],
  options: RmOptions,
): Promise<ExitCode> {
  if (names.includes("latest")) {
    throw usageError(
      '"latest" may have become another session by now: give the id of the session to remove.',
    );
  }
  // All are found before the first is removed: a slip of the pen removes nothing.
  const ids = new Set(await Promise.all(names.map((name) => findSession(store, name))));
  const trash = options.permanent !== true;
  const titles = new Map((await store.listWithMetadata()).map(({ id, title }) => [id, title]));
  const removed: { id: string; title: string | null }[] = [];
  for (const id of ids) {
    const gone: SessionId[] = [];
    await store.delete(id, { trash, subagents: options.subagents, onRemove: (one) => gone.push(one) });
    for (const one of gone) {
      const title = titles.get(one) ?? null;
      removed.push({ id: one, title });
      if (output.json) continue;
      await output.line(
        `${trash ? "moved to the trash" : "removed"}: ${one}  ${oneLine(displayTitle({ id: one, title }))}`,
      );
    }
  }
  if (output.json) await output.document({ removed, trash });
  return EXIT.ok;
}
