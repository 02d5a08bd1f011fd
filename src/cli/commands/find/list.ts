import { Command } from "commander";
import type { Bounds } from "../../../faces/bounded/answers.ts";
import type { ListPage, ListQuery, SessionSummary } from "../../../index.ts";
import { pageOf } from "../../../operations/page-of.ts";
import { withStore, type Context } from "../../context.ts";
import { EXIT, usageError, type ExitCode } from "../../exit-code.ts";
import { currentDirectory, placeOf } from "../../place-of.ts";
import { BUDGET_OPTION, budgetOf } from "../../output/budget.ts";
import { noSessions, sessionLines } from "../../output/session-table.ts";
import { turnsOf, type Turn } from "../../../faces/whose-turn.ts";
import { grouped, parseCount, parseTime } from "../../output/units.ts";
import { describeUnreadable } from "../../output/unreadable.ts";

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
  readonly tree?: boolean;
  readonly cursor?: string;
  readonly budget?: string;
}

/** A terminal shows so many unless told otherwise. */
const ON_A_TERMINAL = 50;
/** A page with a budget has so many at most. */
const IN_A_BUDGET = 100;

const EXAMPLES = `
Examples:
  astrid-sessions list                        on a terminal, those of the project you are in; newest first
  astrid-sessions list --all                  of everywhere
  astrid-sessions list --tree                 sub-agents and forks under the session that they belong to
  astrid-sessions list --title "login" --since 7d
  astrid-sessions list --json | jq -r '.sessions[].id'
  astrid-sessions list --json --budget 8000   for a model: as many as fit, and nextCursor for --cursor`;

export function listCommand(): Command {
  return new Command("list")
    .alias("ls")
    .description("list sessions, last changed first")
    .option("-w, --workspace [dir]", "only those of this project (default: the one you are in)")
    .option("-t, --title <text>", "only those with this in their title")
    .option("-m, --model <name>", "only those of a model with this in its name: opus")
    .option("--tag <tag>", "only those with this tag")
    .option("--source <name>", "only those that this made: astrid, claude-code, langgraph, …")
    .option("--pinned", "only pinned ones")
    .option("--archived", "only archived ones, which are left out otherwise")
    .option("--since <time>", "only those changed since then: 7d, 12h, 2026-01-31")
    .option("--until <time>", "only those changed before then")
    .option("--order <by>", "updated or created", "updated")
    .option("--no-subagents", "leave out the sessions of sub-agents")
    .option("-n, --limit <count>", `at most so many (default: ${ON_A_TERMINAL} on a terminal, else all)`)
    .option("--tree", "sub-agents and forks under the session that they belong to")
    .option("-a, --all", "all, of every project, archived ones too, and on a terminal too")
    .option("--cursor <cursor>", "go on behind a page: its nextCursor, with the same options")
    .option(...BUDGET_OPTION)
    .addHelpText("after", EXAMPLES)
    .action((options: ListOptions, command: Command) =>
      withStore(command, (context) => list(context, options)),
    );
}

async function list(context: Context, options: ListOptions): Promise<ExitCode> {
  const { store, output } = context;
  const place = { store: store.location };
  const bounds = budgetOf(context, options.budget, place);
  if (bounds !== undefined) return await listWithin(context, options, bounds, place);
  const limit = limitOf(context, options);
  const { sessions, unreadable, nextCursor, isOfThisProject } = await select(context, options, limit);
  const hasMore = nextCursor !== undefined;
  if (sessions.length === 0) await explain(context, options);
  if (output.json) {
    await output.document({
      ...place,
      sessions,
      unreadable: unreadable.map(describeUnreadable),
      nextCursor,
    });
  } else {
    if (sessions.length > 0) await printTable(context, sessions, options.tree === true);
    else
      output.note(isFiltered(options) ? `No sessions in ${store.location} that match.` : noSessions(store));
    if (isOfThisProject)
      output.note(
        `${hasMore ? "The last " : ""}${grouped(sessions.length)} of this project; --all shows all.`,
      );
    else if (hasMore && options.limit === undefined) output.note("There are more: --all shows them.");
    for (const { where, error } of unreadable) output.note(`Unreadable: ${where}: ${error.message}`);
  }
  return unreadable.length > 0 ? EXIT.unreadable : EXIT.ok;
}

async function listWithin(
  context: Context,
  options: ListOptions,
  bounds: Bounds,
  place: object,
): Promise<ExitCode> {
  const { listed } = await import("../../../faces/bounded/answers.ts");
  let isWell = true;
  const page = async (limit: number): Promise<Selection> => {
    const selection = await select(context, options, limit);
    isWell = selection.unreadable.length === 0;
    return selection;
  };
  const limit = limitOf(context, options) ?? IN_A_BUDGET;
  const answer = await listed(page, limit, bounds);
  if (answer.sessions.length === 0) await explain(context, options);
  await context.output.jsonLine(JSON.stringify({ ...place, ...answer }));
  return isWell ? EXIT.ok : EXIT.unreadable;
}

async function explain(context: Context, { source, tag, model, workspace }: ListOptions): Promise<void> {
  const { explainNothing } = await import("../../nothing-found.ts");
  await explainNothing(context, { source, tag, model, workspace });
}

/** A page and whether others are left out because a project has its own sessions, which nobody asked for. */
type Selection = ListPage & { readonly isOfThisProject: boolean };

async function select(context: Context, options: ListOptions, limit: number | undefined): Promise<Selection> {
  const { workspace, model } = options;
  const query = queryOf(context, options);
  if (workspace !== undefined) {
    const directory = workspace === true ? process.cwd() : placeOf(workspace);
    return { ...(await ofProject(context, directory, query, limit, model)), isOfThisProject: false };
  }
  if (isOnTerminal(context) && options.all !== true) {
    const directory = currentDirectory();
    const own =
      directory === undefined ? undefined : await ofProject(context, directory, query, limit, model);
    if (own !== undefined && own.sessions.length > 0) return { ...own, isOfThisProject: true };
  }
  return { ...(await ofEverywhere(context, query, limit, model)), isOfThisProject: false };
}

async function ofEverywhere(
  { store }: Context,
  query: ListQuery,
  limit: number | undefined,
  model: string | undefined,
): Promise<ListPage> {
  if (model === undefined) return await store.list({ ...query, limit });
  const { sessions, unreadable } = await store.list({ ...query, cursor: undefined });
  return { ...pageOf(ofModel(sessions, model), { ...query, limit }), unreadable };
}

/** Of a model's name a part is enough: "opus". */
function ofModel(sessions: readonly SessionSummary[], part: string | undefined): readonly SessionSummary[] {
  if (part === undefined) return sessions;
  const wanted = part.toLowerCase();
  return sessions.filter(({ model }) => model?.toLowerCase().includes(wanted) === true);
}

async function ofProject(
  { store }: Context,
  directory: string,
  { cursor, ...query }: ListQuery,
  limit: number | undefined,
  model: string | undefined,
): Promise<ListPage> {
  const sessions = await store.listForWorkspace(directory, query);
  const { unreadable } = await store.list({ ...query, limit: 1 });
  return { ...pageOf(ofModel(sessions, model), { ...query, cursor, limit }), unreadable };
}

/** What is printed is for a person to read: elsewhere a script reads it, which must not depend on where it runs. */
function isOnTerminal({ output }: Context): boolean {
  return output.width !== undefined && !output.json;
}

function queryOf({ now }: Context, options: ListOptions): ListQuery {
  const { order, title, tag, source, pinned, archived, all, since, until, cursor } = options;
  if (order !== "updated" && order !== "created") {
    throw usageError(`--order is "updated" or "created", not "${order}".`);
  }
  return {
    ...{ titleMatches: title, tag, source, order, includeSubagents: options.subagents, pinned, cursor },
    // Archived: out of the way. Whoever asks for all, or for them, sees them.
    archived: archived ?? (all === true ? undefined : false),
    since: since === undefined ? undefined : parseTime(since, now),
    until: until === undefined ? undefined : parseTime(until, now),
  };
}

function limitOf(context: Context, { limit, all }: ListOptions): number | undefined {
  if (limit !== undefined) return parseCount("--limit", limit, 1);
  return isOnTerminal(context) && all !== true ? ON_A_TERMINAL : undefined;
}

function isFiltered(options: ListOptions): boolean {
  const { workspace, title, model, tag, source, pinned, archived, since, until } = options;
  const filters = [workspace, title, model, tag, source, pinned, archived, since, until];
  return filters.some((option) => option !== undefined);
}

async function printTable(
  context: Context,
  sessions: readonly SessionSummary[],
  isTree: boolean,
): Promise<void> {
  const { output, now, store } = context;
  // Elsewhere than on a terminal a table would change with the hour.
  const turns = isOnTerminal(context) ? await turnsOf(store, sessions, now) : new Map<string, Turn>();
  const { lines, idLength } = sessionLines(sessions, { now, width: output.width, isTree, turns });
  for (const [index, line] of lines.entries()) {
    if (index === 0) await output.line(output.style("dim", line));
    else await output.line(output.style("yellow", line.slice(0, idLength)) + line.slice(idLength));
  }
}
