import { Command } from "commander";
import { readFrom } from "../../../faces/reference.ts";
import type { MessageRange } from "../../../index.ts";
import { jsonText } from "../../../session/json/json.ts";
import { SessionNotFoundError } from "../../../session/errors/errors.ts";
import type { SessionSnapshot } from "../../../store/reading/snapshot.ts";
import { summaryAt } from "../../../store/reading/summary-at.ts";
import { withStore, type Context } from "../../context.ts";
import { CommandError, EXIT, usageError, type ExitCode } from "../../exit-code.ts";
import { findSession } from "../../find-session.ts";
import { BUDGET_OPTION, budgetOf } from "../../output/budget.ts";
import { hasPager, paged, type LineSink } from "../../output/pager.ts";
import { counted, parseCount } from "../../output/units.ts";
import type { ReadingOptions } from "../../reading/reading.ts";
import { isBeside } from "../../../session/message.ts";
import { sessionPlace } from "../../session-place.ts";
import type { Shown } from "./show-lines.ts";

export interface ShowOptions {
  readonly last?: string;
  readonly all?: boolean;
  readonly from?: string;
  readonly limit?: string;
  readonly prompts?: boolean;
  readonly full?: boolean;
  readonly raw?: boolean;
  readonly notes?: boolean;
  readonly branches?: boolean;
  readonly thinking: boolean;
  readonly tools: boolean;
  readonly follow?: boolean;
  readonly pager: boolean;
  readonly offset?: string;
  readonly budget?: string;
}

const SHOWN = 20;

const EXAMPLES = `
Examples:
  astrid-sessions show latest                 the end of the session that changed last
  astrid-sessions show 1a2b --all             all of it
  astrid-sessions show 1a2b:800               from message 800 on, as "search" names it
  astrid-sessions show 1a2b --prompts         what was asked
  astrid-sessions show latest --follow        and what is said from now on, until Ctrl-C
  astrid-sessions show 1a2b --all --json      JSON lines: the session, then each message
  astrid-sessions show 1a2b --json --budget 8000   for a model: the end as text, and how to go on`;

export function showCommand(): Command {
  return new Command("show")
    .description("show a session: what it is, and its last messages as a conversation")
    .argument(
      "<session>",
      'an id, the beginning of one, or "latest"; with ":<position>" from that message on, and "@<revision>" for the one that it had there',
    )
    .option("-n, --last <count>", `the last so many messages (default: ${SHOWN})`)
    .option("-a, --all", "every message")
    .option("--from <position>", "messages from this position on, counted from 0")
    .option("--limit <count>", "at most so many messages")
    .option("-p, --prompts", "only what a person typed, of the whole session")
    .option("--full", "fold nothing: all of what tools were asked and answered, and long texts")
    .option("--no-tools", "without calls of tools and their answers")
    .option("--no-thinking", "without what the model thought")
    .option("--notes", "also what programs wrote in between: caveats, reminders, progress")
    .option("--branches", "also what was left by going back, where it was left")
    .option("--raw", "messages as they are stored, a line of JSON each")
    .option("-f, --follow", "go on with what is appended, until Ctrl-C")
    .option("--no-pager", "no pager on a terminal (default: $PAGER, else less)")
    .option(...BUDGET_OPTION)
    .option("--offset <characters>", "with --budget: pass over so many of the first message")
    .addHelpText("after", EXAMPLES)
    .action((session: string, options: ShowOptions, command: Command) =>
      withStore(command, (context) => show(context, session, options)),
    );
}

async function show(context: Context, name: string, options: ShowOptions): Promise<ExitCode | undefined> {
  const { store, output } = context;
  const { session, position, revision } = sessionPlace(name);
  const range = rangeOf(options, position);
  const bounds = budgetOf(context, options.budget);
  const id = await findSession(store, session);
  using snapshot = await readFrom(store, id, { position, revision });
  if (snapshot === undefined) throw new SessionNotFoundError(id);
  if (!("last" in range)) checkThere(snapshot, range, position !== undefined);
  if (bounds !== undefined) {
    const { showWithin } = await import("./show-within.ts");
    const { from = 0, limit } = "last" in range ? await positionOfLast(snapshot, range.last) : range;
    return await showWithin(context, snapshot, { ...options, from, limit, bounds });
  }
  if (options.offset !== undefined)
    throw usageError("--offset goes on with a message that --budget cut: give both.");
  const summary = await summaryAt(store, snapshot);
  const messages = (): Shown => ({
    summary,
    snapshot,
    range: "last" in range ? positionOfLast(snapshot, range.last) : Promise.resolve(range),
  });
  if (output.json) {
    await output.jsonLine(JSON.stringify({ session: summary }));
    const isShown =
      options.prompts === true
        ? (await import("../../../session/projection/prompts.ts")).isPrompt
        : () => true;
    for await (const { position: at, message } of snapshot.messages(await messages().range))
      if (isShown(message)) await output.jsonLine(`{"position":${at},"message":${jsonText(message)}}`);
    if (options.branches === true) await printLeft(context, snapshot);
  } else {
    // Loaded here: who wants JSON does not wait for what renders Markdown.
    const { showLines } = await import("./show-lines.ts");
    const look = readingOptions(context, options, summary);
    const print = (line: string): Promise<void> => output.line(line);
    const produce = (sink: LineSink): Promise<void> =>
      showLines(context, messages(), { ...options, look }, sink);
    const pages = options.pager && options.follow !== true && output.width !== undefined && hasPager();
    if (pages) await paged({ rows: output.height, columns: output.width }, print, produce);
    else await produce((line) => print(line).then(() => true));
  }
  if (options.follow !== true) return undefined;
  const { follow } = await import("./show-follow.ts");
  return await follow(context, snapshot, readingOptions(context, options, summary), options);
}

/**
 * That is where a message is named; "from the end on" is an answer without messages, to whoever asks for what is new.
 * @throws {CommandError}
 */
function checkThere({ messageCount }: SessionSnapshot, { from = 0 }: MessageRange, isNamed: boolean): void {
  if (from < messageCount || (from === messageCount && (!isNamed || from === 0))) return;
  const last = messageCount === 0 ? "" : `, the last is #${messageCount - 1}`;
  throw new CommandError(
    "NOT_FOUND",
    EXIT.notFound,
    `There is no message ${from}: the session has ${counted(messageCount, "message")}${last}.`,
  );
}

/** What was left, behind the messages: a line for each branch. */
async function printLeft({ store, output }: Context, snapshot: SessionSnapshot): Promise<void> {
  const { eventsOf } = await import("./show-left.ts");
  for (const event of [...(await eventsOf(store, snapshot, true)).values()].flat())
    if (event.kind === "left")
      await output.jsonLine(
        `{"left":{"position":${event.position},"messages":[${(event.messages ?? []).map(jsonText).join(",")}]}}`,
      );
}

function readingOptions(
  { output }: Context,
  { full = false, tools, thinking, notes, prompts }: ShowOptions,
  session: ReadingOptions["session"],
): ReadingOptions {
  return {
    width: output.width,
    colour: output.isColoured,
    tools: tools ? (full ? "full" : "short") : "off",
    whole: full,
    promptsOnly: prompts,
    ...{ thinking, notes, session },
  };
}

function rangeOf(
  { last, all, from, limit, prompts }: ShowOptions,
  position: number | undefined,
): MessageRange | { readonly last: number } {
  if (position !== undefined && from !== undefined)
    throw usageError("Give the position once: behind the session, or with --from.");
  const start = position ?? (from === undefined ? undefined : parseCount("--from", from));
  const byPosition = start !== undefined || limit !== undefined;
  if ([last !== undefined, all === true, byPosition].filter(Boolean).length > 1)
    throw usageError("Give one of --last, --all and --from with --limit.");
  if (byPosition)
    return { from: start, limit: limit === undefined ? undefined : parseCount("--limit", limit) };
  if (all === true || (prompts === true && last === undefined)) return {};
  return { last: last === undefined ? SHOWN : parseCount("--last", last) };
}

/** Where the last `count` messages begin. Notes beside the conversation do not count: there can be thousands. */
async function positionOfLast(snapshot: SessionSnapshot, count: number): Promise<MessageRange> {
  let turns = 0;
  let first: number | undefined;
  for await (const { position, message } of snapshot.messages({ reverse: true })) {
    if (turns === count) return { from: first ?? position + 1 };
    if (isBeside(message)) continue;
    first = position;
    turns++;
  }
  return { from: 0 };
}
