import { resolve } from "node:path";
import { Command } from "commander";
import type { GivenSource, Source } from "../../../importers/sync/sources.ts";
import type { SyncMemory as Memory } from "../../../importers/sync/sync-state.ts";
import { withStore, type Context } from "../../context.ts";
import { EXIT, usageError, type ExitCode } from "../../exit-code.ts";
import { isDirectory } from "../../../home/detect-workspace.ts";
import { printable } from "../../output/text-width.ts";
import { asked } from "../../output/ask.ts";
import { Progress } from "../../output/progress.ts";
import { SyncReportPrinter } from "../../output/sync-report.ts";
import { parseDuration, restIn } from "../../output/units.ts";
import { useLittleMemory } from "../../little-memory.ts";

interface SyncCommandOptions {
  readonly from: readonly string[];
  readonly yes?: boolean;
  readonly forget?: string;
  readonly status?: boolean;
  readonly maxAge: string;
  readonly watch?: boolean;
  readonly packAfter: string;
  readonly service?: string;
}

const EXAMPLES = `
Only the folders that the agents are known to use are looked at, and those of --from. Without consent it only shows what
is there; consent is remembered for each folder (sync.json beside the sessions). Nothing is written into those folders.

Examples:
  astrid-sessions sync                                   what is there; asks, on a terminal
  astrid-sessions sync --yes                             brings it in; from then on "sync" brings in what is new
  astrid-sessions sync --from claude-code=/backup/claude
  astrid-sessions sync --watch                           goes on bringing in what agents write
  astrid-sessions sync --status                          when each was last looked at, and what is wrong
  astrid-sessions sync --service systemd > ~/.config/systemd/user/astrid-sessions.service`;

export function syncCommand(): Command {
  return new Command("sync")
    .description("find what the agents on this machine recorded, and bring in what is new")
    .option("--from <agent=folder>", "a further folder of an agent's; may be repeated", collected, [])
    .option("-y, --yes", "agree to bring in what was found; remembered")
    .option("--forget <folder>", "take back the agreement to a folder; what was brought in stays")
    .option("--status", "for each agent: the last look, what could not be taken, what it deletes")
    .option("--max-age <duration>", "with --status: a look that is older is wrong", "7d")
    .option("--watch", "go on, until Ctrl-C, with what agents write")
    .option("--pack-after <duration>", "pack sessions in which nothing was said for so long, or never", "7d")
    .option("--service <kind>", "print a start-up file for --watch: systemd or launchd")
    .addHelpText("after", EXAMPLES)
    .action(async (options: SyncCommandOptions, command: Command) => {
      if (options.service !== undefined) {
        const { printService } = await import("../../output/sync-service.ts");
        await printService(command, options.service, options.from);
        return;
      }
      await withStore(command, (context) => sync(context, options));
    });
}

function collected(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** `agent=folder`. @throws {CommandError} */
function givenIn(text: string): GivenSource {
  const at = text.indexOf("=");
  if (at <= 0 || at === text.length - 1)
    throw usageError(
      `--from takes an agent and a folder, such as codex=/backup/codex, not ${JSON.stringify(text)}.`,
    );
  return { agent: text.slice(0, at), folder: text.slice(at + 1) };
}

async function sync(context: Context, options: SyncCommandOptions): Promise<ExitCode> {
  const from = options.from.map(givenIn);
  const { SyncMemory, syncHome } = await import("../../../importers/sync/sync-state.ts");
  const memory = new SyncMemory(syncHome(context.store));
  if (options.forget !== undefined) {
    const folder = resolve(options.forget);
    if (!memory.forget(folder)) throw usageError(`${folder} was not agreed to.`);
    context.output.note(`${folder} is not brought in any more; what was brought in stays.`);
    return EXIT.ok;
  }
  if (options.status === true) return await status(context, from, options.maxAge);
  return await bringIn(context, from, options, memory);
}

async function status(context: Context, from: readonly GivenSource[], maxAge: string): Promise<ExitCode> {
  const { syncStatus } = await import("../../../importers/sync/status.ts");
  const found = await syncStatus(context.store, { from, now: context.now, maxAgeMs: parseDuration(maxAge) });
  await new SyncReportPrinter(context).status(found);
  return found.isWell ? EXIT.ok : EXIT.failed;
}

async function bringIn(
  context: Context,
  from: readonly GivenSource[],
  options: SyncCommandOptions,
  memory: Memory,
): Promise<ExitCode> {
  const { store, output } = context;
  const packAfterMs = restIn(options.packAfter);
  const printer = new SyncReportPrinter(context);
  const { sourcesOf, unreadSources } = await import("../../../importers/sync/sources.ts");
  const { inspectSources, withAgreed } = await import("../../../importers/sync/inspect.ts");
  const { ownFolders, syncSources } = await import("../../../importers/sync/sync-sessions.ts");
  const { isSame } = await import("../../../importers/sync/sync-state.ts");

  const { agreed } = memory.read();
  // Whoever names a folder is told of a slip; one that was agreed to earlier may be gone for a while.
  for (const one of from) {
    const folder = resolve(one.folder);
    if (!(await isDirectory(folder)) && !agreed.some((known) => known.folder === folder))
      throw usageError(`There is no folder ${printable(folder)}.`);
  }
  const sources = sourcesOf(withAgreed(from, { agreed, looks: [] }), process.env, ownFolders(store));
  const isAgreed = (source: Source): boolean => agreed.some((one) => isSame(one, named(source)));
  let chosen = options.yes === true ? sources : sources.filter(isAgreed);
  if (chosen.length < sources.length) {
    const inspected = await inspectSources(store, { from, now: context.now });
    const unread = unreadSources(process.env);
    const hasConsent = await printer.preview(
      inspected.filter((one) => !one.isAgreed),
      unread,
      chosen.length === 0,
      () => asked("Bring them in, now and from now on?"),
    );
    if (hasConsent) chosen = sources;
    else if (chosen.length === 0) return EXIT.usage;
  }
  if (chosen.length === 0) return await printer.nothing(unreadSources(process.env));
  memory.agree(chosen.map(named));
  if (options.watch === true) {
    const { watchSources } = await import("./sync-watch.ts");
    return await watchSources(context, chosen, packAfterMs);
  }

  // A first Ctrl-C ends it behind the file at hand, and tells what was done; a second one ends the process.
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  process.once("SIGINT", interrupt);
  const progress = new Progress();
  const report = await syncSources(store, chosen, {
    ...{ packAfterMs, signal: interrupted.signal, onRead: useLittleMemory },
    onProgress: (files, path) => progress.show(() => `${files} files  ${path}`),
  });
  process.off("SIGINT", interrupt);
  progress.clear();
  await printer.report(report);
  if (report.isInterrupted) {
    output.note("Interrupted: sync again to go on.");
    return EXIT.interrupted;
  }
  return report.sources.some(({ failed }) => failed.length > 0) ? EXIT.unreadable : EXIT.ok;
}

function named({ home, folder }: Source): GivenSource {
  return { agent: home.agent, folder };
}
