import { Command } from "commander";
import type { CleanupReport, CleanupRule, Removal } from "../../../index.ts";
import { displayTitle } from "../../../session/summary/summary.ts";
import { withStore, type Context } from "../../context.ts";
import { EXIT, usageError, type ExitCode } from "../../exit-code.ts";
import { placeOf } from "../../place-of.ts";
import { oneLine } from "../../output/text-width.ts";
import { counted, fullTime, parseBytes, parseCount, parseDays } from "../../output/units.ts";

interface CleanupOptions {
  readonly olderThan?: string;
  readonly by: string;
  readonly keep?: string;
  readonly maxBytes?: string;
  readonly workspace?: string | true;
  readonly title?: string;
  readonly model?: string;
  readonly tag?: string;
  readonly source?: string;
  readonly trashOlderThan?: string;
  readonly dryRun?: boolean;
  readonly permanent?: boolean;
  readonly log?: boolean;
}

const EXAMPLES = `
Sessions of sub-agents go and stay with their parent. What is pinned or held stays, and what cannot be read.
The trash stays as it is without --trash-older-than. Nothing is ever cleaned up by itself.

Examples:
  astrid-sessions cleanup --older-than 90d --dry-run       what would go, and why
  astrid-sessions cleanup --older-than 90d --keep 10       to the trash, but for the newest 10 of each workspace
  astrid-sessions cleanup --max-bytes 2GB --source codex   the oldest, until the others take no more
  astrid-sessions cleanup --trash-older-than 30d           for good, what has been in the trash for long
  astrid-sessions cleanup --log                            what went, when, and by which rule`;

export function cleanupCommand(): Command {
  return new Command("cleanup")
    .description("move sessions to the trash that are too old or too much")
    .option("--older-than <duration>", "those that did not change for so long: 90d, 12h, 1y")
    .option("--by <time>", "activity (the last change) or created", "activity")
    .option("--max-bytes <size>", "the oldest, until the others take no more: 500MB, 2GB")
    .option("--keep <count>", "the newest so many of each workspace stay; alone, all others go")
    .option("-w, --workspace [dir]", "only those of this project (default: the one you are in)")
    .option("-t, --title <text>", "only those with this in their title")
    .option("-m, --model <name>", "only those of this model")
    .option("--tag <tag>", "only those with this tag")
    .option("--source <name>", "only those that this made: astrid, claude-code, langgraph, …")
    .option("--trash-older-than <duration>", "remove for good what has been in the trash for longer")
    .option("--dry-run", "only say what would go")
    .option("--permanent", "remove them for good")
    .option("--log", "say what cleanups have removed")
    .addHelpText("after", EXAMPLES)
    .action((options: CleanupOptions, command: Command) =>
      withStore(command, (context) =>
        options.log === true ? printLog(context, options) : cleanup(context, options),
      ),
    );
}

async function cleanup(context: Context, options: CleanupOptions): Promise<ExitCode> {
  const { store, output, now } = context;
  const rule = ruleOf(options);
  const { dryRun = false, permanent } = options;
  const trash = permanent !== true;
  // Before anything goes: a slip must not look like a store in which nothing is old.
  const { source, workspace } = options;
  if ((source ?? workspace) !== undefined) {
    const place = rule.workspace === undefined ? undefined : await store.workspaceAt(rule.workspace);
    const { sessions } = await store.list({ source, workspace: place, limit: 1 });
    if (sessions.length === 0) {
      const { explainNothing } = await import("../../nothing-found.ts");
      await explainNothing(context, { source, workspace });
    }
  }
  const report = await store.cleanup(rule, { dryRun, trash });
  if (output.json) {
    await output.document({ dryRun, trash, ...documentOf(report) });
    return EXIT.ok;
  }
  for (const { session, reason } of report.sessions) {
    const time = rule.by === "created" ? session.createdAt : session.updatedAt;
    const title = oneLine(displayTitle(session));
    await output.line(`${session.id}  ${fullTime(time, now)}  ${title}  (${reason})`);
  }
  for (const { id, title, removedAt } of report.trash) {
    const name = oneLine(displayTitle({ id, title }));
    await output.line(`${id}  ${fullTime(removedAt, now)}  ${name}  (in the trash since then)`);
  }
  noteResult({ output }, report, options, { dryRun, trash });
  return EXIT.ok;
}

/** @throws {CommandError} */
function ruleOf(options: CleanupOptions): CleanupRule {
  const { by, olderThan, keep, maxBytes, trashOlderThan, workspace, title, model, tag, source } = options;
  if (by !== "activity" && by !== "created")
    throw usageError(`--by is "activity" or "created", not "${by}".`);
  if ([olderThan, keep, maxBytes, trashOlderThan].every((option) => option === undefined))
    throw usageError("Say what goes: --older-than, --max-bytes, --keep or --trash-older-than.");
  const days = (text: string | undefined): number | undefined =>
    text === undefined ? undefined : parseDays(text);
  return {
    ...{ by, model, tag, source, titleMatches: title },
    olderThanDays: days(olderThan),
    trashOlderThanDays: days(trashOlderThan),
    keep: keep === undefined ? undefined : parseCount("--keep", keep, keepsAlone(options) ? 1 : 0),
    maxBytes: maxBytes === undefined ? undefined : parseBytes("--max-bytes", maxBytes),
    workspace: workspace === undefined ? undefined : workspace === true ? process.cwd() : placeOf(workspace),
  };
}

/** Whether `--keep` is all that is asked for: then 0 would remove everything, and is refused. */
function keepsAlone({ olderThan, maxBytes, trashOlderThan }: CleanupOptions): boolean {
  return [olderThan, maxBytes, trashOlderThan].every((option) => option === undefined);
}

function noteResult(
  { output }: Pick<Context, "output">,
  { sessions, kept, changed, trash }: CleanupReport,
  { trashOlderThan }: CleanupOptions,
  how: { readonly dryRun: boolean; readonly trash: boolean },
): void {
  const verb = how.dryRun ? "would be" : "were";
  const where = how.trash ? "moved to the trash" : "removed for good";
  output.note(`${counted(sessions.length, "session")} ${verb} ${where}.`);
  if (trashOlderThan !== undefined)
    output.note(`${counted(trash.length, "session")} ${verb} removed for good from the trash.`);
  for (const because of ["held", "pinned", "newest"] as const) {
    const count = kept.filter((one) => one.because === because).length;
    const why = because === "newest" ? "among the newest of a workspace" : because;
    if (count > 0) output.note(`Kept although old or too much: ${counted(count, "session")}, ${why}.`);
  }
  if (changed.length > 0) output.note(`Changed meanwhile, and kept: ${counted(changed.length, "session")}.`);
}

/** What went, as it stands in JSON. */
function documentOf({ run, sessions, kept, changed, trash }: CleanupReport): object {
  return {
    run,
    sessions: sessions.map(({ session: { id, title, createdAt, updatedAt, bytes }, because, reason }) => {
      return { id, title, createdAt, updatedAt, bytes, because, reason };
    }),
    kept: kept.map(({ session: { id, title }, because }) => ({ id, title, because })),
    changed: changed.map(({ id, title }) => ({ id, title })),
    emptied: trash.map(({ id, title, removedAt }) => ({ id, title, removedAt })),
  };
}

async function printLog({ store, output, now }: Context, options: CleanupOptions): Promise<ExitCode> {
  const { log: _, by, ...rule } = options;
  if (by !== "activity" || Object.keys(rule).length > 0)
    throw usageError("--log says what all cleanups have removed: leave the other options out.");
  const removals = await store.removals();
  if (output.json) await output.document({ removals });
  else if (removals.length === 0) output.note("No cleanup has removed anything.");
  else for (const removal of removals) await output.line(lineOf(removal, now));
  return EXIT.ok;
}

function lineOf({ id, title, removedAt, to, rule, reason }: Removal, now: Date): string {
  const where = to === "trash" ? "to the trash" : "for good";
  const name = oneLine(displayTitle({ id, title }));
  return `${fullTime(removedAt, now)}  ${id}  ${where}  ${name}  (${oneLine(rule)}: ${oneLine(reason)})`;
}
