import { Command } from "commander";
import type { SearchHit, SearchQuery } from "../../index.ts";
import { withStore, type Context } from "../context.ts";
import { EXIT, usageError, type ExitCode } from "../exit-code.ts";
import { placeOf } from "../place-of.ts";
import { Progress } from "../output/progress.ts";
import { oneLine, printable } from "../output/text-width.ts";
import { counted, parseCount, parseTime, relativeTime } from "../output/units.ts";

interface SearchOptions {
  readonly workspace?: string | true;
  readonly role?: string;
  readonly since?: string;
  readonly limit?: string;
}

const EXAMPLES = `
Examples:
  astrid-sessions search quota error          messages with both words
  astrid-sessions search '"quota exceeded"'   the words next to each other
  astrid-sessions search 'authen*' --workspace
  astrid-sessions search foo_bar.baz --role tool --since 7d
  astrid-sessions search quota --json | jq -r '.hits[].id'`;

export function searchCommand(): Command {
  return new Command("search")
    .description("search what was said, what tools were asked and answered, and titles")
    .argument("<words...>", 'words, "a phrase", prefix*')
    .option("-w, --workspace [dir]", "only in sessions of this project (default: the one you are in)")
    .option("-r, --role <role>", "only messages of this role: user, assistant, tool")
    .option("--since <time>", "only in sessions changed since then: 7d, 12h, 2026-01-31")
    .option("-n, --limit <count>", "at most so many (default: 20)")
    .addHelpText("after", EXAMPLES)
    .action((words: string[], options: SearchOptions, command: Command) =>
      withStore(command, (context) => search(context, words.join(" "), options)),
    );
}

async function search(context: Context, text: string, options: SearchOptions): Promise<ExitCode> {
  const { store, output } = context;
  if (!/[\p{L}\p{N}]/u.test(text)) throw usageError("There is no word to search for.");
  const progress = new Progress(!output.json && process.stderr.isTTY);
  store.on("progress", ({ done, total }) =>
    progress.show(() => `Indexing: ${done} of ${counted(total, "session")} …`),
  );
  const hits = await store.search(text, await queryOf(context, options)).finally(() => progress.clear());
  if (output.json) await output.document({ store: store.location, hits });
  else for (const hit of hits) await printHit(context, hit);
  if (hits.length === 0) output.note("Nothing was found.");
  return EXIT.ok;
}

async function queryOf({ now }: Context, options: SearchOptions): Promise<Omit<SearchQuery, "text">> {
  const { workspace, role, since, limit } = options;
  return {
    workspace: workspace === undefined ? undefined : await workspaceOf(workspace),
    role,
    since: since === undefined ? undefined : parseTime(since, now),
    limit: limit === undefined ? undefined : parseCount("--limit", limit, 1),
  };
}

async function workspaceOf(directory: string | true): Promise<{ path: string; id: string | undefined }> {
  const { Workspace } = await import("../../home/workspace.ts");
  const { root, id } = await Workspace.detect(directory === true ? process.cwd() : placeOf(directory));
  return { path: root, id };
}

async function printHit({ output, now }: Context, hit: SearchHit): Promise<void> {
  const style = output.style.bind(output);
  const where = hit.position === undefined ? "title" : `${oneLine(hit.role ?? "")} #${hit.position}`;
  const title = hit.title === null ? "" : `  ${oneLine(hit.title)}`;
  const when = relativeTime(hit.updatedAt, now);
  await output.line(`${style("yellow", hit.id)}  ${style("dim", `${where}, ${when}`)}${title}`);
  await output.line(`  ${marked(hit, (found) => style(["bold", "red"], found))}`);
}

/** The snippet with its finds set off. */
function marked({ snippet, marks }: SearchHit, mark: (text: string) => string): string {
  let text = "";
  let end = 0;
  for (const [start, next] of marks) {
    text += printable(snippet.slice(end, start)) + mark(printable(snippet.slice(start, next)));
    end = next;
  }
  return text + printable(snippet.slice(end));
}
