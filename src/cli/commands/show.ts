import { Command } from "commander";
import type { MessageRange, SessionSummary } from "../../index.ts";
import { jsonText } from "../../session/json.ts";
import { SessionNotFoundError } from "../../session/errors.ts";
import { displayTitle } from "../../session/summary.ts";
import type { SessionSnapshot } from "../../store/snapshot.ts";
import { summaryAt } from "../../store/summary-at.ts";
import { withStore, type Context } from "../context.ts";
import { usageError, type ExitCode } from "../exit-code.ts";
import { findSession } from "../find-session.ts";
import { isBeside, MessagePrinter } from "../output/message-printer.ts";
import { oneLine } from "../output/text-width.ts";
import { byteSize, counted, fullTime, parseCount } from "../output/units.ts";

interface ShowOptions {
  readonly last?: string;
  readonly all?: boolean;
  readonly from?: string;
  readonly limit?: string;
  readonly full?: boolean;
}

const SHOWN = 20;

const EXAMPLES = `
Examples:
  astrid-sessions show latest                 the end of the session that changed last
  astrid-sessions show 1a2b --all | less -R   all of it
  astrid-sessions show 1a2b --from 100 --limit 10 --full
  astrid-sessions show 1a2b --all --json      JSON lines: the session, then each message`;

export function showCommand(): Command {
  return new Command("show")
    .description("show a session: what it is, and its last messages")
    .argument("<session>", 'an id, the beginning of one, or "latest"')
    .option("-n, --last <count>", `the last so many turns (default: ${SHOWN})`)
    .option("-a, --all", "every message")
    .option("--from <position>", "messages from this position on, counted from 0")
    .option("--limit <count>", "at most so many messages")
    .option("--full", "do not shorten long messages")
    .addHelpText("after", EXAMPLES)
    .action((session: string, options: ShowOptions, command: Command) =>
      withStore(command, (context) => show(context, session, options)),
    );
}

async function show(context: Context, name: string, options: ShowOptions): Promise<ExitCode | undefined> {
  const { store, output } = context;
  const id = await findSession(store, name);
  using snapshot = await store.read(id);
  if (snapshot === undefined) throw new SessionNotFoundError(id);
  const summary = await summaryAt(store, snapshot);
  const range = await rangeOf(snapshot, options);
  if (output.json) {
    await output.jsonLine(JSON.stringify({ session: summary }));
    for await (const { position, message } of snapshot.messages(range)) {
      await output.jsonLine(`{"position":${position},"message":${jsonText(message)}}`);
    }
    return undefined;
  }
  await printHead(context, summary);
  const printer = new MessagePrinter(output, { full: options.full ?? false });
  await printer.skipped(Math.min(range.from ?? 0, snapshot.messageCount));
  for await (const { position, message } of snapshot.messages(range)) await printer.print(position, message);
  await printer.end();
  return undefined;
}

async function rangeOf(snapshot: SessionSnapshot, options: ShowOptions): Promise<MessageRange> {
  const { last, all, from, limit } = options;
  const byPosition = from !== undefined || limit !== undefined;
  if ([last !== undefined, all === true, byPosition].filter(Boolean).length > 1) {
    throw usageError("Give one of --last, --all and --from with --limit.");
  }
  if (byPosition) {
    return {
      from: from === undefined ? undefined : parseCount("--from", from),
      limit: limit === undefined ? undefined : parseCount("--limit", limit),
    };
  }
  if (all === true) return {};
  return { from: await positionOfLast(snapshot, last === undefined ? SHOWN : parseCount("--last", last)) };
}

/** Where the last `count` turns begin. Notes beside the conversation do not count: there can be thousands. */
async function positionOfLast(snapshot: SessionSnapshot, count: number): Promise<number> {
  let turns = 0;
  let first: number | undefined;
  for await (const { position, message } of snapshot.messages({ reverse: true })) {
    if (turns === count) return first ?? position + 1;
    if (isBeside(message)) continue;
    first = position;
    turns++;
  }
  return 0;
}

async function printHead({ output, now }: Context, summary: SessionSummary): Promise<void> {
  const { messageCount, tokenCount, bytes, revision, held } = summary;
  const amounts = [
    counted(messageCount, "message"),
    `about ${counted(tokenCount, "token")}`,
    byteSize(bytes),
    `revision ${revision}`,
  ];
  const rows: readonly [string, string | null][] = [
    ["session", summary.id],
    ["created", fullTime(summary.createdAt, now)],
    ["changed", fullTime(summary.updatedAt, now)],
    ["size", amounts.join(", ")],
    ["model", summary.model],
    ["workspace", summary.workspacePath],
    ["sub-agent of", summary.parentId],
    ["held", held === null ? null : `by ${held.by} since ${fullTime(held.since, now)}`],
    ["tags", summary.tags.length === 0 ? null : summary.tags.join(", ")],
  ];
  await output.line(output.style("bold", oneLine(displayTitle(summary))));
  for (const [label, value] of rows) {
    if (value !== null) await output.line(`  ${output.style("dim", label.padEnd(12))}  ${oneLine(value)}`);
  }
}
