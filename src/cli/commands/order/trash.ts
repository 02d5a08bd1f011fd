import { Command } from "commander";
import type { SessionId } from "../../../index.ts";
import { displayTitle } from "../../../session/summary/summary.ts";
import { withStore, type Context } from "../../context.ts";
import { EXIT, usageError, type ExitCode } from "../../exit-code.ts";
import { pick } from "../../find-session.ts";
import { tableLines } from "../../output/table.ts";
import { oneLine } from "../../output/text-width.ts";
import { byteSize, counted, grouped, parseDuration, relativeTime } from "../../output/units.ts";

interface RestoreOptions {
  readonly subagents: boolean;
}

interface EmptyOptions {
  readonly olderThan?: string;
}

export function trashCommand(): Command {
  const trash = new Command("trash").description("what was removed, and can be restored").addHelpText(
    "after",
    `
Examples:
  astrid-sessions trash                          what is in it
  astrid-sessions trash empty --older-than 30d   for good`,
  );
  trash
    .command("list", { isDefault: true })
    .description("list the trash, last removed first (the default)")
    .action((_options: object, command: Command) => withStore(command, listTrash));
  trash
    .command("empty")
    .description("remove what is in the trash for good")
    .option("--older-than <duration>", "only what was moved there longer ago: 30d, 12h")
    .action((options: EmptyOptions, command: Command) =>
      withStore(command, (context) => emptyTrash(context, options)),
    );
  return trash;
}

export function restoreCommand(): Command {
  return new Command("restore")
    .description(
      "bring a session back from the trash, with those of its sub-agents; of an id that is there more than once, the one removed last",
    )
    .argument("<session>", "an id, or the beginning of one")
    .option("--no-subagents", "leave the sessions of its sub-agents in the trash")
    .addHelpText("after", "\nExample:\n  astrid-sessions restore 1a2b")
    .action((session: string, options: RestoreOptions, command: Command) =>
      withStore(command, (context) => restore(context, session, options)),
    );
}

async function listTrash({ store, output, now }: Context): Promise<ExitCode> {
  const sessions = await store.trashed();
  if (output.json) await output.document({ sessions });
  else if (sessions.length === 0) output.note("The trash is empty.");
  else {
    const rows = sessions.map((session) => [
      session.id.slice(0, 8),
      relativeTime(session.removedAt, now),
      grouped(session.messageCount),
      byteSize(session.bytes),
      oneLine(displayTitle(session)),
    ]);
    const columns = [
      { header: "SESSION" },
      { header: "REMOVED", align: "right" },
      { header: "MESSAGES", align: "right" },
      { header: "SIZE", align: "right" },
      { header: "TITLE", shrinksTo: 16 },
    ] as const;
    const [header = "", ...lines] = tableLines(columns, rows, output.width);
    await output.line(output.style("dim", header));
    for (const line of lines) await output.line(line);
  }
  return EXIT.ok;
}

async function emptyTrash({ store, output, now }: Context, options: EmptyOptions): Promise<ExitCode> {
  const { olderThan } = options;
  const before =
    olderThan === undefined ? undefined : new Date(now.getTime() - parseDuration(olderThan)).toISOString();
  const removed = await store.emptyTrash(before);
  if (output.json) await output.document({ removed });
  else await output.line(`${counted(removed, "session")} removed for good.`);
  return EXIT.ok;
}

async function restore(
  { store, output }: Context,
  name: string,
  { subagents }: RestoreOptions,
): Promise<ExitCode> {
  // An id that was used again can be there more than once; the life that was removed last is restored.
  const inTrash = new Set((await store.trashed()).map(({ id }) => id));
  if (name === "latest")
    throw usageError(
      '"latest" is the session that changed last, which is not in the trash: give the id of the one to restore; "astrid-sessions trash" lists them.',
    );
  const id = await pick(name, [...inTrash], store, `the trash of ${store.location}`);
  const back: SessionId[] = [];
  await store.restore(id, { subagents, onRestore: (one) => back.push(one) });
  if (output.json) await output.document({ restored: id, sessions: back });
  else for (const one of back) await output.line(`restored: ${one}`);
  return EXIT.ok;
}
