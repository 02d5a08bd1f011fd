import { readFileSync } from "node:fs";
import { Command } from "commander";
import type { RewindTo, SessionId } from "../../../index.ts";
import { withStore, type Context } from "../../context.ts";
import { CommandError, EXIT, usageError, type ExitCode } from "../../exit-code.ts";
import { findSession } from "../../find-session.ts";
import { counted, parseCount } from "../../output/units.ts";

interface PlaceOptions {
  readonly at?: string;
  readonly last?: string;
  readonly revision?: string;
}

interface CompactOptions {
  readonly summary?: string;
  readonly summaryFile?: string;
  readonly keep: string;
}

const SESSION = 'an id, the beginning of one, or "latest"';

const REWIND_EXAMPLES = `
What is left stays in the session's history; "undo" brings it back.

Examples:
  astrid-sessions rewind 1a2b --last 2        without its last two messages
  astrid-sessions rewind 1a2b --at 12         its first twelve messages
  astrid-sessions rewind 1a2b --revision 3    as it was at revision 3`;

const FORK_EXAMPLES = `
Examples:
  astrid-sessions fork 1a2b                   everything that it has now
  astrid-sessions fork 1a2b --at 12           its first twelve messages`;

const COMPACT_EXAMPLES = `
What was said stays in the session. No model is called: the summary is yours.

Examples:
  astrid-sessions compact 1a2b --summary "We chose SQLite; tests are green." --keep 10
  llm "Summarise this" | astrid-sessions compact 1a2b --summary-file -`;

function placed(command: Command): Command {
  return command
    .argument("<session>", SESSION)
    .option("--at <position>", "so many messages from the first")
    .option("--last <n>", "all but the last n messages")
    .option("--revision <n>", "as it was at a revision");
}

export function rewindCommand(): Command {
  return placed(new Command("rewind").description("take a session back to an earlier place"))
    .addHelpText("after", REWIND_EXAMPLES)
    .action((session: string, options: PlaceOptions, command: Command) =>
      withStore(command, (context) => rewind(context, session, options)),
    );
}

export function undoCommand(): Command {
  return new Command("undo")
    .description("take back a session's last rewind or compact")
    .argument("<session>", SESSION)
    .addHelpText("after", "\nExample:\n  astrid-sessions undo 1a2b")
    .action((session: string, _options: object, command: Command) =>
      withStore(command, (context) => undo(context, session)),
    );
}

export function forkCommand(): Command {
  return placed(new Command("fork").description("a new session that goes on from a place in another"))
    .addHelpText("after", FORK_EXAMPLES)
    .action((session: string, options: PlaceOptions, command: Command) =>
      withStore(command, (context) => fork(context, session, options)),
    );
}

export function compactCommand(): Command {
  return new Command("compact")
    .description("let a summary stand for a session's beginning when a model is sent it")
    .argument("<session>", SESSION)
    .option("--summary <text>", "the summary")
    .option("--summary-file <file>", 'the file that holds it; "-" is standard input')
    .option("--keep <n>", "messages at the end that stay as they are", "20")
    .addHelpText("after", COMPACT_EXAMPLES)
    .action((session: string, options: CompactOptions, command: Command) =>
      withStore(command, (context) => compact(context, session, options)),
    );
}

/** Where the options point to; `undefined` without any. @throws {CommandError} */
async function placeOf(
  { store }: Context,
  id: SessionId,
  { at, last, revision }: PlaceOptions,
): Promise<RewindTo | undefined> {
  const given = [at, last, revision].filter((option) => option !== undefined);
  if (given.length > 1) throw usageError("Give one of --at, --last and --revision.");
  if (at !== undefined) return { position: parseCount("--at", at) };
  if (revision !== undefined) return { revision: parseCount("--revision", revision, 1) };
  if (last === undefined) return undefined;
  const left = parseCount("--last", last, 1);
  const count = (await store.summary(id))?.messageCount ?? 0;
  if (left >= count)
    throw usageError(
      `The session has ${counted(count, "message")}: without the last ${left} there is none. ` +
        `Give a smaller number; "--at 0" means none.`,
    );
  return { position: count - left };
}

async function rewind(context: Context, name: string, options: PlaceOptions): Promise<ExitCode> {
  const { store, output } = context;
  const id = await findSession(store, name);
  const to = await placeOf(context, id, options);
  if (to === undefined) throw usageError("rewind needs --at, --last or --revision.");
  const committed = await store.rewind(id, to);
  const changed = committed !== undefined;
  await told(context, id, changed ? "went back" : "there already", { changed });
  if (changed) output.note(`"astrid-sessions undo ${id.slice(0, 8)}" takes it back.`);
  return EXIT.ok;
}

async function undo(context: Context, name: string): Promise<ExitCode> {
  const id = await findSession(context.store, name);
  const undone = await context.store.undo(id);
  if (undone === undefined)
    throw new CommandError(
      "NOT_FOUND",
      EXIT.notFound,
      `Session ${id} has no rewind or compact to take back.`,
    );
  return await told(context, id, `${undone} taken back`, { undone });
}

async function fork(context: Context, name: string, options: PlaceOptions): Promise<ExitCode> {
  const { store } = context;
  const from = await findSession(store, name);
  const { id } = await store.fork(from, await placeOf(context, from, options));
  return await told(context, id, "forked", { from });
}

async function compact(context: Context, name: string, options: CompactOptions): Promise<ExitCode> {
  const { summary, summaryFile } = options;
  if ((summary === undefined) === (summaryFile === undefined))
    throw usageError("compact needs --summary or --summary-file.");
  const keepRecent = parseCount("--keep", options.keep);
  const text = summary ?? readText(summaryFile ?? "");
  const id = await findSession(context.store, name);
  const committed = await context.store.compact(id, { summary: text, keepRecent });
  const isNew = committed !== undefined;
  await told(context, id, isNew ? "compacted" : "nothing to shorten", { changed: isNew });
  if (!isNew)
    context.output.note(
      `The last ${counted(keepRecent, "message")} would stay as they are (--keep), and before them there is nothing that is not summarised.`,
    );
  return EXIT.ok;
}

/** @throws {CommandError} when the file cannot be read. */
function readText(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw usageError(`Cannot read ${file}: ${(error as Error).message}.`);
  }
}

/** Says what became of a session. */
async function told(
  { store, output }: Context,
  id: SessionId,
  what: string,
  fields: object,
): Promise<ExitCode> {
  const summary = await store.summary(id);
  const { revision = 0, messageCount = 0 } = summary ?? {};
  if (output.json) await output.document({ id, revision, messageCount, ...fields });
  else await output.line(`${what}: ${id}  ${counted(messageCount, "message")}, revision ${revision}`);
  return EXIT.ok;
}
