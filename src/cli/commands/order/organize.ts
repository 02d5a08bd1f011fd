import { Command } from "commander";
import type { Organized } from "../../../index.ts";
import { displayTitle } from "../../../session/summary/summary.ts";
import { withStore, type Context } from "../../context.ts";
import { EXIT, usageError, type ExitCode } from "../../exit-code.ts";
import { findSession } from "../../find-session.ts";
import { oneLine } from "../../output/text-width.ts";

interface RemoveOption {
  readonly remove?: boolean;
}

const SESSION = 'an id, the beginning of one, or "latest"';
const SESSIONS = 'ids, the beginnings of ids, or "latest"';

export function renameCommand(): Command {
  return new Command("rename")
    .description("give a session a title")
    .argument("<session>", SESSION)
    .argument("[title...]", "the title; several words need no quotes")
    .option("--clear", "take the title away")
    .addHelpText("after", "\nExample:\n  astrid-sessions rename latest The parser that never ends")
    .action((session: string, words: string[], options: { clear?: boolean }, command: Command) => {
      const title = words.join(" ").trim();
      if ((title === "") !== (options.clear === true))
        throw usageError("rename takes the session and its new title, or --clear.");
      return withStore(command, (context) => organizeAll(context, [session], { title: title || null }));
    });
}

export function tagCommand(): Command {
  return new Command("tag")
    .description("tag a session")
    .argument("<session>", SESSION)
    .argument("<tag...>")
    .option("--remove", "take the tags away")
    .addHelpText(
      "after",
      "\nExamples:\n  astrid-sessions tag latest work parser\n  astrid-sessions list --tag work",
    )
    .action((session: string, tags: string[], { remove }: RemoveOption, command: Command) =>
      withStore(command, (context) =>
        organizeAll(context, [session], remove === true ? { removeTags: tags } : { addTags: tags }),
      ),
    );
}

export function pinCommand(): Command {
  return new Command("pin")
    .description("keep sessions from being cleaned up")
    .argument("<session...>", SESSIONS)
    .option("--remove", "no longer")
    .addHelpText("after", "\nExample:\n  astrid-sessions pin 1a2b 3c4d")
    .action((sessions: string[], { remove }: RemoveOption, command: Command) =>
      withStore(command, (context) => organizeAll(context, sessions, { pinned: remove !== true })),
    );
}

export function archiveCommand(): Command {
  return new Command("archive")
    .description("put sessions out of the way; they are kept")
    .argument("<session...>", SESSIONS)
    .option("--remove", "back among the others")
    .addHelpText("after", "\nExample:\n  astrid-sessions archive 1a2b")
    .action((sessions: string[], { remove }: RemoveOption, command: Command) =>
      withStore(command, (context) => organizeAll(context, sessions, { archived: remove !== true })),
    );
}

async function organizeAll(
  { store, output }: Context,
  names: readonly string[],
  changes: Organized,
): Promise<ExitCode> {
  // All are found before the first is changed.
  const ids = new Set(await Promise.all(names.map((name) => findSession(store, name))));
  const sessions: object[] = [];
  for (const id of ids) {
    const committed = await store.organize(id, changes);
    const summary = await store.summary(id);
    const { title = null, autoTitle = null, tags = [], custom = {} } = summary ?? {};
    sessions.push({ id, title, tags, custom, changed: committed !== undefined });
    if (output.json) continue;
    const shown = [
      oneLine(displayTitle({ id, title, autoTitle })),
      ...tags.map((tag) => `#${oneLine(tag)}`),
    ].join("  ");
    await output.line(`${committed === undefined ? "unchanged" : "changed"}: ${id}  ${shown}`);
  }
  if (output.json) await output.document({ sessions });
  return EXIT.ok;
}
