import { Command } from "commander";
import type { ListQuery, SessionSummary, Unreadable } from "../../index.ts";
import { isPinned } from "../../session/marks.ts";
import { labelOf } from "../../session/summary.ts";
import { withStore, type Context } from "../context.ts";
import { EXIT, usageError, type ExitCode } from "../exit-code.ts";
import { placeOf } from "../place-of.ts";
import { tableLines, type Column } from "../output/table.ts";
import { cutStartToWidth, oneLine } from "../output/text-width.ts";
import { byteSize, grouped, parseCount, parseTime, relativeTime } from "../output/units.ts";

interface ListOptions {
  readonly workspace?: string | true;
  readonly title?: string;
  readonly model?: string;
  readonly tag?: string;
  readonly source?: string;
  readonly pinned?: boolean;
  readonly archived?: boolean;
  readonly since?: string;
  readonly until?: string;
  readonly order: string;
  readonly subagents: boolean;
  readonly limit?: string;
  readonly all?: boolean;
}

/** A terminal shows so many unless told otherwise. */
const ON_A_TERMINAL = 50;

const EXAMPLES = `
Examples:
  astrid-sessions list                        newest first
  astrid-sessions list --workspace            those of the project you are in
  astrid-sessions list --title "login" --since 7d
  astrid-sessions list --json | jq -r '.sessions[].id'`;

export function listCommand(): Command {
  return new Command("list")
    .alias("ls")
    .description("list sessions, last changed first")
    .option("-w, --workspace [dir]", "only those of this project (default: the one you are in)")
    .option("-t, --title <text>", "only those with this in their title")
    .option("-m, --model <name>", "only those of this model")
    .option("--tag <tag>", "only those with this tag")
    .option("--source <name>", "only those that this made: astrid, claude-code, langgraph, …")
    .option("--pinned", "only pinned ones")
    .option("--archived", "only archived ones, which are left out otherwise")
    .option("--since <time>", "only those changed since then: 7d, 12h, 2026-01-31")
    .option("--until <time>", "only those changed before then")
    .option("--order <by>", "updated or created", "updated")
    .option("--no-subagents", "leave out the sessions of sub-agents")
    .option("-n, --limit <count>", `at most so many (default: ${ON_A_TERMINAL} on a terminal, else all)`)
    .option("-a, --all", "all, archived ones too, and on a terminal too")
    .addHelpText("after", EXAMPLES)
    .action((options: ListOptions, command: Command) =>
      withStore(command, (context) => list(context, options)),
    );
}

async function list(context: Context, options: ListOptions): Promise<ExitCode> {
  const { store, output } = context;
  const { sessions, unreadable, hasMore } = await select(context, options);
  if (output.json) {
    await output.document({
      store: store.location,
      sessions,
      unreadable: unreadable.map(describeUnreadable),
    });
  } else {
    if (sessions.length > 0) await printTable(context, sessions);
    else output.note(`No sessions in ${store.location}${isFiltered(options) ? " that match" : ""}.`);
    if (hasMore && options.limit === undefined) output.note("There are more: --all shows them.");
    for (const { where, error } of unreadable) output.note(`Unreadable: ${where}: ${error.message}`);
  }
  return unreadable.length > 0 ? EXIT.unreadable : EXIT.ok;
}

interface Selection {
  readonly sessions: readonly SessionSummary[];
  readonly unreadable: readonly Unreadable[];
  readonly hasMore: boolean;
}

async function select(context: Context, options: ListOptions): Promise<Selection> {
  const { workspace } = options;
  const limit = limitOf(context, options);
  const query = queryOf(context, options);
  if (workspace === undefined) {
    const { nextCursor, ...page } = await context.store.list({ ...query, limit });
    return { ...page, hasMore: nextCursor !== undefined };
  }
  const directory = workspace === true ? process.cwd() : placeOf(workspace);
  const sessions = await context.store.listForWorkspace(directory, query);
  const { unreadable } = await context.store.list({ ...query, limit: 1 });
  const hasMore = limit !== undefined && sessions.length > limit;
  return { sessions: sessions.slice(0, limit), unreadable, hasMore };
}

function queryOf({ now }: Context, options: ListOptions): ListQuery {
  const { order, title, model, tag, source, pinned, archived, all, since, until } = options;
  if (order !== "updated" && order !== "created") {
    throw usageError(`--order is "updated" or "created", not "${order}".`);
  }
  return {
    ...{ titleMatches: title, model, tag, source, order, includeSubagents: options.subagents, pinned },
    // Archived: out of the way. Whoever asks for all, or for them, sees them.
    archived: archived ?? (all === true ? undefined : false),
    since: since === undefined ? undefined : parseTime(since, now),
    until: until === undefined ? undefined : parseTime(until, now),
  };
}

function limitOf({ output }: Context, { limit, all }: ListOptions): number | undefined {
  if (limit !== undefined) return parseCount("--limit", limit, 1);
  return output.width !== undefined && !output.json && all !== true ? ON_A_TERMINAL : undefined;
}

function isFiltered(options: ListOptions): boolean {
  const { workspace, title, model, tag, source, pinned, archived, since, until } = options;
  const filters = [workspace, title, model, tag, source, pinned, archived, since, until];
  return filters.some((option) => option !== undefined);
}

const COLUMNS: readonly Column[] = [
  { header: "SESSION" },
  { header: "CHANGED", align: "right" },
  { header: "MESSAGES", align: "right" },
  { header: "SIZE", align: "right" },
  { header: "WORKSPACE", shrinksTo: 12 },
  { header: "TITLE", shrinksTo: 16 },
];
const LONGEST_WORKSPACE = 28;

async function printTable({ output, now }: Context, sessions: readonly SessionSummary[]): Promise<void> {
  const idLength = shortestDistinct(sessions.map(({ id }) => id));
  const rows = sessions.map((session) => [
    session.id.slice(0, idLength),
    relativeTime(session.updatedAt, now),
    grouped(session.messageCount),
    byteSize(session.bytes),
    cutStartToWidth(shortPath(session.workspacePath), LONGEST_WORKSPACE),
    marksOf(session) + oneLine(labelOf(session)),
  ]);
  const [header = "", ...lines] = tableLines(COLUMNS, rows, output.width);
  await output.line(output.style("dim", header));
  for (const line of lines) {
    await output.line(output.style("yellow", line.slice(0, idLength)) + line.slice(idLength));
  }
}

/** What stands before a title: that it is a sub-agent's session, that it is pinned, and who holds it. */
function marksOf(summary: SessionSummary): string {
  const { parentId, held } = summary;
  const marks = (parentId === null ? "" : "↳ ") + (isPinned(summary) ? "★ " : "");
  return marks + (held === null ? "" : `[held by ${oneLine(held.by)}] `);
}

/** How many characters tell the ids apart; eight at least. */
function shortestDistinct(ids: readonly string[]): number {
  for (let length = 8; length < 36; length++) {
    if (new Set(ids.map((id) => id.slice(0, length))).size === ids.length) return length;
  }
  return 36;
}

function shortPath(path: string | null): string {
  if (path === null) return "";
  const home = process.env["HOME"];
  const short = home && (path === home || path.startsWith(`${home}/`)) ? `~${path.slice(home.length)}` : path;
  return oneLine(short);
}

/** As it stands in JSON. */
export function describeUnreadable({ id, where, error }: Unreadable): object {
  return { id: id ?? null, where, code: error.code, message: error.message };
}
