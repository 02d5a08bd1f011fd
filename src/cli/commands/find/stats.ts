import { Command, Option } from "commander";
import { withStore, type Context } from "../../context.ts";
import { EXIT, type ExitCode } from "../../exit-code.ts";
import { Progress } from "../../output/progress.ts";
import { noSessions } from "../../output/session-table.ts";
import { oneLine } from "../../output/text-width.ts";
import { counted, grouped, parseCount, parseTime } from "../../output/units.ts";
import { zoneName } from "../../reading/local-time.ts";
import { collectStats, GROUPINGS, type Group, type Grouping, type Stats } from "../../stats/collect.ts";
import { totalTokens } from "../../stats/amounts.ts";
import { readPrices } from "../../stats/prices.ts";
import { dollars, shortCount, statsLines } from "../../stats/stats-table.ts";

interface StatsOptions {
  readonly by: Grouping;
  readonly since?: string;
  readonly until?: string;
  readonly prices?: string;
  readonly limit?: number;
}

const EXAMPLES = `
TOKENS is everything that was sent and answered: IN, OUT, CACHED (read from the cache) and TO CACHE; REASONING is part of
OUT. Sub-agents and what a fork took over are counted once. RECORDED is what agents themselves wrote down; nothing is
looked up anywhere. --prices takes a file such as LiteLLM's model_prices_and_context_window.json.

Examples:
  astrid-sessions stats                       day by day
  astrid-sessions stats --by project --since 30d
  astrid-sessions stats --by model --prices model_prices_and_context_window.json`;

export function statsCommand(): Command {
  return new Command("stats")
    .description("tell sessions, prompts, calls and tokens, by day, project, agent or model")
    .addOption(new Option("--by <what>", "one line for each").choices(GROUPINGS).default("day"))
    .option("--since <time>", "tokens spent, and sessions begun, since then: 7d, 12h, 2026-01-31")
    .option("--until <time>", "and before then")
    .option("--prices <file>", "estimate the cost by this list of prices, and say what it does not cover")
    .option("-n, --limit <n>", "at most so many lines: the newest, or those with the most tokens", (text) =>
      parseCount("--limit", text, 1),
    )
    .addHelpText("after", EXAMPLES)
    .action((options: StatsOptions, command: Command) =>
      withStore(command, (context) => stats(context, options)),
    );
}

async function stats({ store, output, now }: Context, options: StatsOptions): Promise<ExitCode> {
  const { by, limit } = options;
  const since = options.since === undefined ? undefined : parseTime(options.since, now);
  const until = options.until === undefined ? undefined : parseTime(options.until, now);
  const prices = options.prices === undefined ? undefined : readPrices(options.prices);
  const progress = new Progress(!output.json && process.stderr.isTTY);
  const onRead = (done: number, of: number): void =>
    progress.show(() => `read ${grouped(done)} of ${counted(of, "session")}`);
  const found = await collectStats(store, { by, since, until, prices, onRead }).finally(() =>
    progress.clear(),
  );
  const { total, unreadable } = found;
  const shown = limited(found.groups, by, limit);
  if (output.json) {
    const unpriced = [...found.unpriced].map(([model, tokens]) => ({ model, tokens }));
    await output.document({
      ...{ store: store.location, by, since, until, zone: zoneName(now), total, groups: shown },
      ...{ withoutTokens: found.withoutTokens, ...(prices === undefined ? {} : { unpriced }) },
      unreadable: unreadable.map(({ id, error }) => ({ id, message: error.message })),
    });
  } else if (total.sessions === 0 && totalTokens(total) === 0) {
    output.note((since ?? until) ? `No sessions in ${store.location} in that time.` : noSessions(store));
  } else {
    const [header = "", ...lines] = statsLines(shown, total, by, output.width);
    await output.line(output.style("dim", header));
    for (const line of lines) await output.line(line);
    for (const line of remarks(found, shown.length, prices !== undefined)) output.note(line);
    output.note(`Days and hours are those of ${zoneName(now)}.`);
  }
  for (const { id, error } of unreadable) output.note(`Unreadable, and not counted: ${id}: ${error.message}`);
  return unreadable.length > 0 ? EXIT.unreadable : EXIT.ok;
}

function limited(groups: readonly Group[], by: Grouping, limit: number | undefined): readonly Group[] {
  if (limit === undefined) return groups;
  return by === "day" || by === "month" ? groups.slice(-limit) : groups.slice(0, limit);
}

/** What the table cannot say: what is not in it, and what its costs are. */
function remarks(
  { total, groups, withoutTokens, unpriced }: Stats,
  shown: number,
  isPriced: boolean,
): string[] {
  const lines: string[] = [];
  if (shown < groups.length) lines.push(`${shown} of ${grouped(groups.length)} lines; the total is of all.`);
  if (total.subagents > 0) lines.push(`Sessions of sub-agents among these: ${grouped(total.subagents)}.`);
  if (withoutTokens > 0)
    lines.push(`${counted(withoutTokens, "session")} recorded no tokens: what they took is not known.`);
  if (total.costRecorded !== null)
    lines.push(`Recorded by agents themselves: ${dollars(total.costRecorded)}; not every agent does.`);
  if (!isPriced) return lines;
  const tokens = totalTokens(total);
  const covered = tokens === 0 ? 0 : Math.floor((100 * (tokens - total.tokensUnpriced)) / tokens);
  lines.push(
    total.costEstimated === null
      ? "No estimate: the list has no price for any of these tokens."
      : `Estimated by the list of prices: ${dollars(total.costEstimated)}, for ${covered} % of the tokens, without discounts or bands for long contexts.`,
  );
  const names = [...unpriced].sort((left, right) => right[1] - left[1]);
  const told = names.map(
    ([model, count]) => `${model === "" ? "(no model)" : oneLine(model)} ${shortCount(count)}`,
  );
  if (names.length > 0)
    lines.push(
      `Unpriced: ${counted(names.length, "model")}, ${shortCount(total.tokensUnpriced)} tokens: ${told.join(", ")}.`,
    );
  return lines;
}
