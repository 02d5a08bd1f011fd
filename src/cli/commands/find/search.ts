import { Command } from "commander";
import type { SearchHit, SearchQuery, SessionSummary } from "../../../index.ts";
import { labelOf } from "../../../session/summary/summary.ts";
import { withStore, type Context } from "../../context.ts";
import { EXIT, usageError, type ExitCode } from "../../exit-code.ts";
import { placeOf } from "../../place-of.ts";
import { isSpeaker, searchQuery, sourceOf, speakerOf } from "../../../faces/query.ts";
import { BUDGET_OPTION, budgetOf } from "../../output/budget.ts";
import { cutAround, withMarks } from "../../output/marked-text.ts";
import { Progress } from "../../output/progress.ts";
import { projectOf, shortestDistinct } from "../../output/session-table.ts";
import { cutToWidth, oneLine, textWidth } from "../../output/text-width.ts";
import { counted, parseCount, parseTime, relativeTime } from "../../output/units.ts";

interface SearchOptions {
  readonly workspace?: string | true;
  readonly agent?: string;
  readonly tool?: string;
  readonly tag?: string;
  readonly role?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit?: string;
  readonly skip?: string;
  readonly budget?: string;
}

const EXAMPLES = `
What narrows may stand among the words too: agent:claude dir:backend tag:work tool:bash role:user date:<2d
(date:today, date:>30d, date:2026-01-31). A minus in front means without: 'quota -retry -agent:codex -role:tool'
(in quotes, so that it is no option).

What a fork took over is found once, in the session where it was said.

Examples:
  astrid-sessions search quota error          messages with both words
  astrid-sessions search '"quota exceeded"'   the words next to each other, as they are written
  astrid-sessions search UserProfile          also in getUserProfileById
  astrid-sessions search 'authen*' --workspace
  astrid-sessions search foo_bar.baz role:tool 'date:<7d'
  astrid-sessions search quota --json | jq -r '.hits[].id'
  astrid-sessions search quota --json --budget 4000   for a model: each find with a reference that "show" takes`;

/** An option of one letter with its value behind it, which may be a word to leave out just as well: `-retry`. */
const GLUED = /^-([rw])(\p{L}{2,})/u;

/** Refuses what would be read as an option although it looks like a word with a minus. */
class SearchCommand extends Command {
  override parseOptions(argv: string[]): ReturnType<Command["parseOptions"]> {
    for (const arg of argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv) {
      const [, option, value = ""] = GLUED.exec(arg) ?? [];
      if (option !== undefined && !(option === "r" && isSpeaker(value)))
        throw usageError(
          `${JSON.stringify(arg)} would be -${option} ${value}. A word to leave out stands in quotes with the others: search 'quota ${arg}'.`,
        );
    }
    return super.parseOptions(argv);
  }
}

export function searchCommand(): Command {
  return new SearchCommand("search")
    .description("search what was said, what tools were asked and answered, and titles")
    .argument("<words...>", 'words, "a phrase", prefix*')
    .option("-w, --workspace [dir]", "only in sessions of this project (default: the one you are in)")
    .option("--agent <name>", "only in sessions of this agent: claude, codex, astrid, …")
    .option("--tool <name>", "only calls of this tool")
    .option("--tag <tag>", "only in sessions with this tag")
    .option("-r, --role <role>", "only what this one said: user, assistant, tool")
    .option("--since <time>", "only in sessions changed since then: 7d, 12h, 2026-01-31")
    .option("--until <time>", "only in sessions changed before then")
    .option("-n, --limit <count>", "at most so many (default: 20)")
    .option("--skip <count>", "pass over so many of the best, to go on behind them")
    .option(...BUDGET_OPTION)
    .addHelpText("after", EXAMPLES)
    .action((words: string[], options: SearchOptions, command: Command) =>
      withStore(command, (context) => search(context, words.join(" "), options)),
    );
}

async function search(context: Context, words: string, options: SearchOptions): Promise<ExitCode> {
  const { store, output } = context;
  const { text, ...query } = await queryOf(context, words, options);
  const skip = options.skip === undefined ? 0 : parseCount("--skip", options.skip);
  const place = { store: store.location };
  const bounds = budgetOf(context, options.budget, place);
  if (!/[\p{L}\p{N}]/u.test(text)) throw usageError(noWord(query));
  if (query.except !== undefined) {
    const { explainLeftOut } = await import("../../nothing-found.ts");
    await explainLeftOut(context, query.except);
  }
  const progress = new Progress(!output.json && process.stderr.isTTY);
  store.on("progress", ({ done, total }) =>
    progress.show(() => `Indexing: ${done} of ${counted(total, "session")} …`),
  );
  if (bounds !== undefined) {
    const { found } = await import("../../../faces/bounded/answers.ts");
    const answer = await found(store, text, query, skip, bounds);
    if (answer.hits.length === 0 && skip === 0) await explain(context, query, options);
    await output.jsonLine(JSON.stringify({ ...place, ...answer }));
    return EXIT.ok;
  }
  const best = { ...query, limit: skip + query.limit };
  const hits = (await store.search(text, best).finally(() => progress.clear())).slice(skip);
  if (hits.length === 0 && skip === 0) await explain(context, query, options);
  if (output.json) await output.document({ ...place, hits });
  else await printHits(context, hits);
  if (hits.length === 0) output.note("Nothing was found.");
  return EXIT.ok;
}

const FINDS = 20;

/** What narrows a search, beside its words. */
type Narrowing = Omit<SearchQuery, "text">;

async function explain(
  context: Context,
  { source, role, tag }: Narrowing,
  { workspace }: SearchOptions,
): Promise<void> {
  const { explainNothing } = await import("../../nothing-found.ts");
  await explainNothing(context, { source, sourceOption: "--agent, agent:", role, tag, workspace });
}

/** What narrows finds nothing by itself: sessions without a word are listed. */
function noWord({ source, tag, workspace, directory, tool, role, since, until }: Narrowing): string {
  const isNarrowed = [source, tag, workspace, directory, tool, role, since, until].some(
    (one) => one !== undefined,
  );
  if (!isNarrowed) return "There is no word to search for.";
  const listed = [
    source === undefined ? "" : ` --source ${source}`,
    tag === undefined ? "" : ` --tag ${tag}`,
  ].join("");
  return `There is no word to search for: the rest only narrows a search. "astrid-sessions list${listed}" lists sessions; without a command, what narrows does so alone.`;
}

/** What stands among the words narrows, and what the options say narrows too; where both say it, the option counts. */
async function queryOf(
  { now, store }: Context,
  words: string,
  options: SearchOptions,
): Promise<SearchQuery & { readonly limit: number }> {
  const { workspace, agent, since, until, limit } = options;
  const { problems, ...query } = searchQuery(words, now);
  const [problem] = problems;
  if (problem !== undefined) throw usageError(problem);
  return {
    ...query,
    workspace:
      workspace === undefined
        ? undefined
        : await store.workspaceAt(workspace === true ? process.cwd() : placeOf(workspace)),
    source: agent === undefined ? query.source : sourceOf(agent.toLowerCase()),
    tag: options.tag ?? query.tag,
    tool: options.tool ?? query.tool,
    role: options.role === undefined ? query.role : speakerOf(options.role),
    since: since === undefined ? query.since : parseTime(since, now),
    until: until === undefined ? query.until : parseTime(until, now),
    limit: limit === undefined ? FINDS : parseCount("--limit", limit, 1),
  };
}

/** Session by session, the one with the best find first; a line for each find. */
async function printHits(context: Context, hits: readonly SearchHit[]): Promise<void> {
  const { output, store } = context;
  const sessions = Map.groupBy(hits, ({ id }) => id);
  const idLength = shortestDistinct([...sessions.keys()]);
  let isFirst = true;
  for (const [id, finds] of sessions) {
    if (!isFirst) await output.line();
    isFirst = false;
    const summary = await store.summary(id).catch(() => undefined);
    await printSession(context, id.slice(0, idLength), finds, summary);
    const references = finds.map(({ position }) => `${id.slice(0, idLength)}:${position ?? 0}`);
    const width = Math.max(...references.map((reference) => reference.length));
    for (const [index, find] of finds.entries())
      if (find.position !== undefined) await printFind(context, find, references[index] ?? "", width);
  }
}

async function printSession(
  { output, now }: Context,
  id: string,
  finds: readonly SearchHit[],
  summary: SessionSummary | undefined,
): Promise<void> {
  const style = output.style.bind(output);
  const [first] = finds;
  if (first === undefined) return;
  const { updatedAt, title } = first;
  const facts = [relativeTime(updatedAt, now), oneLine(summary?.source ?? ""), summary && projectOf(summary)];
  const about = facts.filter((fact) => fact !== undefined && fact !== "").join(" · ");
  const room = output.width === undefined ? Infinity : output.width - id.length - 2;
  const found = finds.find(({ position }) => position === undefined);
  const name = oneLine(summary === undefined ? (title ?? "") : labelOf(summary));
  const shown =
    found === undefined
      ? style("bold", cutToWidth(name, room))
      : withMarks(cutAround({ text: found.snippet, marks: found.marks }, room), (text) =>
          style(["bold", "red"], text),
        );
  await output.line(`${style("yellow", id)}  ${shown}`);
  await output.line(style("dim", `  ${cutToWidth(about, room)}`));
}

/** Who spoke, in a word. */
const SPEAKERS: Readonly<Record<string, string>> = { user: "you", assistant: "agent" };

async function printFind(
  { output }: Context,
  { snippet, marks, role = "", alsoIn = [] }: SearchHit,
  reference: string,
  width: number,
): Promise<void> {
  const style = output.style.bind(output);
  const speaker = oneLine(SPEAKERS[role] ?? role).padEnd(5);
  const lead = `  ${reference.padEnd(width)}  ${speaker}  `;
  const also = alsoIn.length === 0 ? "" : `  (and in ${counted(alsoIn.length, "fork")})`;
  const room = output.width === undefined ? Infinity : Math.max(output.width - textWidth(lead + also), 8);
  const text = withMarks(cutAround({ text: snippet, marks }, room), (found) => style(["bold", "red"], found));
  await output.line(
    `  ${style("yellow", reference.padEnd(width))}  ${style("dim", speaker)}  ${text}${style("dim", also)}`,
  );
}
