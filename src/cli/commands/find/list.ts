import { Command } from "commander";
import type { ListQuery, SessionSummary, Unreadable } from "../../../index.ts";
import { withStore, type Context } from "../../context.ts";
import { EXIT, usageError, type ExitCode } from "../../exit-code.ts";
import { currentDirectory, placeOf } from "../../place-of.ts";
import { sessionLines } from "../../output/session-table.ts";
import { turnsOf, type Turn } from "../../reading/whose-turn.ts";
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
}

/** A terminal shows so many unless told otherwise. */
const ON_A_TERMINAL = 50;

const EXAMPLES = `
Examples:
  astrid-sessions list                        on a terminal, those of the project you are in; newest first
  astrid-sessions list --all                  of everywhere
  astrid-sessions list --tree                 sub-agents and forks under the session that they belong to
  astrid-sessions list --title "login" --since 7d
  astrid-sessions list --json | jq -r '.sessions[].id'`;

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
    .addHelpText("after", EXAMPLES)
    .action((options: ListOptions, command: Command) =>
      withStore(command, (context) => list(context, options)),
    );
}

async function list(context: Context, options: ListOptions): Promise<ExitCode> {
  const { store, output } = context;
  const { sessions, unreadable, hasMore, isOfThisProject } = await select(context, options);
  if (output.json) {
    await output.document({
      store: store.location,
      sessions,
      unreadable: unreadable.map(describeUnreadable),
    });
  } else {
    if (sessions.length > 0) await printTable(context, sessions, options.tree === true);
    else output.note(`No sessions in ${store.location}${isFiltered(options) ? " that match" : ""}.`);
    if (isOfThisProject)
      output.note(
        `${hasMore ? "The last " : ""}${grouped(sessions.length)} of this project; --all shows all.`,
      );
    else if (hasMore && options.limit === undefined) output.note("There are more: --all shows them.");
    for (const { where, error } of unreadable) output.note(`Unreadable: ${where}: ${error.message}`);
  }
  return unreadable.length > 0 ? EXIT.unreadable : EXIT.ok;
}

interface Selection {
  readonly sessions: readonly SessionSummary[];
  readonly unreadable: readonly Unreadable[];
  readonly hasMore: boolean;
  /** Nobody asked for it: others are left out because a project has its own sessions. */
  readonly isOfThisProject: boolean;
}

async function select(context: Context, options: ListOptions): Promise<Selection> {
  const { workspace } = options;
  const limit = limitOf(context, options);
  const query = queryOf(context, options);
  if (workspace !== undefined) {
    const directory = workspace === true ? process.cwd() : placeOf(workspace);
    return { ...(await ofProject(context, directory, query, limit, options.model)), isOfThisProject: false };
  }
  if (isOnTerminal(context) && options.all !== true) {
    const directory = currentDirectory();
    const own =
      directory === undefined ? undefined : await ofProject(context, directory, query, limit, options.model);
    if (own !== undefined && own.sessions.length > 0) return { ...own, isOfThisProject: true };
  }
  return { ...(await ofEverywhere(context, query, limit, options.model)), isOfThisProject: false };
}

type Found = Omit<Selection, "isOfThisProject">;

async function ofEverywhere(
  { store }: Context,
  query: ListQuery,
  limit: number | undefined,
  model: string | undefined,
): Promise<Found> {
  if (model !== undefined) {
    const { sessions, unreadable } = await store.list(query);
    return { ...beginning(ofModel(sessions, model), limit), unreadable };
  }
  const { nextCursor, ...page } = await store.list({ ...query, limit });
  return { ...page, hasMore: nextCursor !== undefined };
}

/** Of a model's name a part is enough: "opus". */
function ofModel(sessions: readonly SessionSummary[], part: string | undefined): readonly SessionSummary[] {
  if (part === undefined) return sessions;
  const wanted = part.toLowerCase();
  return sessions.filter(({ model }) => model?.toLowerCase().includes(wanted) === true);
}

function beginning(
  sessions: readonly SessionSummary[],
  limit: number | undefined,
): Pick<Found, "sessions" | "hasMore"> {
  return { sessions: sessions.slice(0, limit), hasMore: limit !== undefined && sessions.length > limit };
}

async function ofProject(
  { store }: Context,
  directory: string,
  query: ListQuery,
  limit: number | undefined,
  model: string | undefined,
): Promise<Found> {
  const sessions = await store.listForWorkspace(directory, query);
  const { unreadable } = await store.list({ ...query, limit: 1 });
  return { ...beginning(ofModel(sessions, model), limit), unreadable };
}

/** What is printed is for a person to read: elsewhere a script reads it, which must not depend on where it runs. */
function isOnTerminal({ output }: Context): boolean {
  return output.width !== undefined && !output.json;
}

function queryOf({ now }: Context, options: ListOptions): ListQuery {
  const { order, title, tag, source, pinned, archived, all, since, until } = options;
  if (order !== "updated" && order !== "created") {
    throw usageError(`--order is "updated" or "created", not "${order}".`);
  }
  return {
    ...{ titleMatches: title, tag, source, order, includeSubagents: options.subagents, pinned },
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
