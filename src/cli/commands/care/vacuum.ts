import { Command } from "commander";
import type { SparedSession, VacuumOptions, VacuumReport } from "../../../index.ts";
import { displayTitle } from "../../../session/summary/summary.ts";
import { withStore, type Context } from "../../context.ts";
import { EXIT, usageError, type ExitCode } from "../../exit-code.ts";
import { findSession } from "../../find-session.ts";
import { oneLine } from "../../output/text-width.ts";
import { byteSize, counted, fullTime, parseCount, parseDays } from "../../output/units.ts";

interface VacuumCommandOptions {
  readonly historyOlderThan?: string;
  readonly beforeRevision?: string;
  readonly trash?: true;
  readonly trashOlderThan?: string;
  readonly dryRun?: boolean;
}

const EXAMPLES = `
What goes is gone for good: --dry-run says what that would be. Sessions keep all that they hold now; of their history, the
revisions from before go, and cannot be opened, forked from or gone back to any more. What is not named stays as it is:
so do pinned sessions and those that somebody holds. On files, a session whose id has earlier lives in the trash keeps its
history until these are gone. What Astrid reads of a session that rests, its checkpoint, is given up by "pack".

Examples:
  astrid-sessions vacuum --history-older-than 90d --dry-run   what would go of every session's history
  astrid-sessions vacuum 1a2b --before-revision 40            one session's, from before revision 40
  astrid-sessions vacuum 1a2b --history-older-than 0d         all but what it holds now
  astrid-sessions vacuum --trash-older-than 30d               what has been in the trash for long`;

export function vacuumCommand(): Command {
  return new Command("vacuum")
    .description("give up earlier revisions, or the trash, for good")
    .argument("[session...]", 'sessions whose history it is about: an id, the beginning of one, or "latest"')
    .option("--history-older-than <duration>", "revisions that are older: 90d, 12h, 1y")
    .option("--before-revision <revision>", "revisions before this one, of sessions that are named")
    .option("--trash", "all that is in the trash")
    .option("--trash-older-than <duration>", "what has been in the trash for longer")
    .option("--dry-run", "only say what would go")
    .addHelpText("after", EXAMPLES)
    .action((sessions: string[], options: VacuumCommandOptions, command: Command) =>
      withStore(command, (context) => vacuum(context, sessions, options)),
    );
}

async function vacuum(
  context: Context,
  names: readonly string[],
  options: VacuumCommandOptions,
): Promise<ExitCode> {
  const { store, output, now } = context;
  const { dryRun = false } = options;
  const what = whatGoes(names, options);
  const ids =
    names.length === 0 ? undefined : await Promise.all(names.map((name) => findSession(store, name)));
  const report = await store.vacuum({ ...what, ids, dryRun });
  if (output.json) {
    await output.document({ dryRun, ...report });
    return EXIT.ok;
  }
  for (const { id, title, begins, revisions, bytes } of report.sessions) {
    const name = oneLine(displayTitle({ id, title }));
    const gone = `${counted(revisions, "revision")}, ${byteSize(bytes)}; begins with revision ${begins}`;
    await output.line(`${id}  ${name}  (${gone})`);
  }
  for (const { id, title, removedAt } of report.trash) {
    const name = oneLine(displayTitle({ id, title }));
    await output.line(`${id}  ${name}  (in the trash since ${fullTime(removedAt, now)})`);
  }
  noteResult(context, report, dryRun);
  return EXIT.ok;
}

/** @throws {CommandError} */
function whatGoes(
  names: readonly string[],
  options: VacuumCommandOptions,
): Pick<VacuumOptions, "history" | "trash"> {
  const { historyOlderThan, beforeRevision, trash, trashOlderThan } = options;
  if (historyOlderThan !== undefined && beforeRevision !== undefined)
    throw usageError("--history-older-than and --before-revision say the same: give one.");
  if (trash === true && trashOlderThan !== undefined)
    throw usageError("--trash and --trash-older-than say the same: give one.");
  const isHistory = historyOlderThan !== undefined || beforeRevision !== undefined;
  if (!isHistory && trash !== true && trashOlderThan === undefined)
    throw usageError(
      "Say what goes: --history-older-than, --before-revision, --trash or --trash-older-than.",
    );
  if (beforeRevision !== undefined && names.length === 0)
    throw usageError("--before-revision takes sessions: name them.");
  if (!isHistory && names.length > 0) throw usageError("The trash is emptied whole: name no session.");
  const history =
    historyOlderThan !== undefined
      ? { olderThanDays: parseDays(historyOlderThan) }
      : beforeRevision !== undefined
        ? { beforeRevision: parseCount("--before-revision", beforeRevision, 1) }
        : undefined;
  return {
    history,
    trash: trashOlderThan === undefined ? trash : { olderThanDays: parseDays(trashOlderThan) },
  };
}

const WHY: Readonly<Record<SparedSession["because"], string>> = {
  held: "held",
  pinned: "pinned",
  trash: "with earlier lives in the trash",
  busy: "written to meanwhile: do it again",
  unreadable: "damaged (see doctor)",
};

function noteResult(
  { output }: Context,
  { sessions, spared, trash, bytes }: VacuumReport,
  dryRun: boolean,
): void {
  const verb = dryRun ? "would be" : "were";
  const revisions = sessions.reduce((sum, one) => sum + one.revisions, 0);
  const of = `${counted(revisions, "revision")} of ${counted(sessions.length, "session")}`;
  output.note(`${of}, ${byteSize(bytes)}, ${verb} given up.`);
  if (trash.length > 0)
    output.note(
      `${counted(trash.length, "session")}, ${byteSize(sumOf(trash))}, ${verb} removed for good from the trash.`,
    );
  for (const because of ["held", "pinned", "trash", "busy", "unreadable"] as const) {
    const count = spared.filter((one) => one.because === because).length;
    if (count > 0) output.note(`Kept whole: ${counted(count, "session")}, ${WHY[because]}.`);
  }
}

function sumOf(lives: VacuumReport["trash"]): number {
  return lives.reduce((sum, { bytes }) => sum + bytes, 0);
}
