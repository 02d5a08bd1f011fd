import { Command, Option } from "commander";
import type { ContentBytes, Usage, UsageBy } from "../../../index.ts";
import { withStore, type Context } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-code.ts";
import { Progress } from "../../output/progress.ts";
import { tableLines, type Column } from "../../output/table.ts";
import { oneLine } from "../../output/text-width.ts";
import { byteSize, counted, grouped, parseCount } from "../../output/units.ts";

interface DuOptions {
  readonly by: UsageBy;
  readonly content?: boolean;
  readonly limit?: number;
}

const EXAMPLES = `
SIZE is what the sessions take in the store: messages, earlier revisions and checkpoints. The search index and the trash
are not in it. --content reads every message, and tells what those of the current revisions consist of.

Examples:
  astrid-sessions du
  astrid-sessions du --by workspace --content`;

export function duCommand(): Command {
  return new Command("du")
    .description("show what takes how much space, the most first")
    .addOption(
      new Option("--by <what>", "one line for each")
        .choices(["session", "workspace", "source"])
        .default("session"),
    )
    .option("--content", "tell text, thinking, tool calls, their results and attachments apart")
    .option("--limit <n>", "at most so many lines", (text) => parseCount("--limit", text, 1))
    .addHelpText("after", EXAMPLES)
    .action((options: DuOptions, command: Command) => withStore(command, (context) => du(context, options)));
}

async function du({ store, output }: Context, { by, content, limit }: DuOptions): Promise<ExitCode> {
  const progress = new Progress();
  const usage = await store
    .usage({
      by,
      content,
      onRead: (done, of) => progress.show(() => `read ${grouped(done)} of ${counted(of, "session")}`),
    })
    .finally(() => progress.clear());
  const shown = usage.slice(0, limit);
  const bytes = usage.reduce((total, one) => total + one.bytes, 0);
  const sessionCount = usage.reduce((total, one) => total + one.sessionCount, 0);
  if (output.json) {
    await output.document({ store: store.location, by, bytes, sessionCount, usage: shown });
    return EXIT.ok;
  }
  if (usage.length === 0) {
    output.note(`There are no sessions in ${store.location}.`);
    return EXIT.ok;
  }
  const kinds = content === true ? KINDS : [];
  const columns: Column[] = [
    { header: "SIZE", align: "right" },
    ...kinds.map(({ header }): Column => ({ header, align: "right" })),
    ...(by === "session" ? [] : [{ header: "SESSIONS", align: "right" } as const]),
    { header: "MESSAGES", align: "right" },
    { header: by.toUpperCase(), shrinksTo: 20 },
  ];
  const rows = shown.map((one) => [
    byteSize(one.bytes),
    ...kinds.map(({ kind }) => byteSize(one.content?.[kind] ?? 0)),
    ...(by === "session" ? [] : [grouped(one.sessionCount)]),
    grouped(one.messageCount),
    nameOf(one),
  ]);
  const [header = "", ...lines] = tableLines(columns, rows, output.width);
  await output.line(output.style("dim", header));
  for (const line of lines) await output.line(line);
  output.note(`${byteSize(bytes)} in ${counted(sessionCount, "session")}.`);
  return EXIT.ok;
}

const KINDS: readonly { readonly kind: keyof ContentBytes; readonly header: string }[] = [
  { kind: "text", header: "TEXT" },
  { kind: "thinking", header: "THINKING" },
  { kind: "calls", header: "CALLS" },
  { kind: "results", header: "RESULTS" },
  { kind: "attachments", header: "FILES" },
  { kind: "rest", header: "REST" },
];

function nameOf({ key, title }: Usage): string {
  if (key === null) return "(no workspace)";
  return title === undefined ? oneLine(key) : `${key.slice(0, 8)}  ${oneLine(title ?? "")}`.trimEnd();
}
