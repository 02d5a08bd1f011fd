import { Command } from "commander";
import { SessionStoreError, type Packing, type SessionId, type SessionSummary } from "../../../index.ts";
import { displayTitle } from "../../../session/summary/summary.ts";
import { withStore, type Context } from "../../context.ts";
import { EXIT, usageError, type ExitCode } from "../../exit-code.ts";
import { findSession } from "../../find-session.ts";
import { Progress } from "../../output/progress.ts";
import { oneLine } from "../../output/text-width.ts";
import { byteSize, counted, grouped, parseDuration } from "../../output/units.ts";
import { placeOf } from "../../place-of.ts";

interface PackOptions {
  readonly resting?: string;
  readonly workspace?: string | true;
  readonly dryRun?: boolean;
}

const HELP = `
A packed session takes about a quarter of the room. It is listed, searched, shown and exported as before, and the first
write to it unpacks it. Astrid does not see it until then: "checkpoint" unpacks it for Astrid. Sessions that somebody
holds stay as they are. It is one file of zstd: "zstd -dc <session>.journal.jsonl" prints the journal.

Examples:
  astrid-sessions pack 1a2b 3c4d
  astrid-sessions pack --resting 30d --dry-run      what did not change for 30 days
  astrid-sessions pack --resting 90d --workspace    only those of the project you are in
  astrid-sessions checkpoint 1a2b                   unpacks it, and writes its document`;

export function packCommand(): Command {
  return new Command("pack")
    .description("keep sessions that rest in little room; Astrid does not see them meanwhile")
    .argument("[session...]", 'ids, the beginnings of ids, or "latest"')
    .option("--resting <duration>", "those that did not change for so long: 30d, 12h; days, if just a number")
    .option("-w, --workspace [dir]", "only those of this project (default: the one you are in)")
    .option("--dry-run", "only say what would be packed")
    .addHelpText("after", HELP)
    .action((names: string[], options: PackOptions, command: Command) => {
      if (names.length > 0 === (options.resting !== undefined))
        throw usageError(
          "Say what is to be packed: sessions, or --resting for how long they did not change.",
        );
      if (names.length > 0 && options.workspace !== undefined)
        throw usageError("--workspace goes with --resting, not with sessions that are named.");
      return withStore(command, (context) => pack(context, names, options));
    });
}

interface Failure {
  readonly id: SessionId;
  readonly code: string;
  readonly message: string;
}

async function pack(context: Context, names: readonly string[], options: PackOptions): Promise<ExitCode> {
  const { store, output } = context;
  const { dryRun = false } = options;
  const chosen = names.length > 0 ? await named(context, names) : await resting(context, options);
  if (dryRun) return await tell(context, chosen);
  const progress = new Progress();
  const done: (Packing & { readonly title: string | null })[] = [];
  const failed: Failure[] = [];
  for (const summary of chosen) {
    const { id, title } = summary;
    try {
      const packing = await store.pack(id);
      done.push({ ...packing, title });
      progress.clear();
      if (!output.json) await output.line(lineOf(packing, summary));
    } catch (error) {
      // What concerns one session concerns no other.
      if (!(error instanceof SessionStoreError) || !OF_ONE.has(error.code)) throw error;
      progress.clear();
      failed.push({ id, code: error.code, message: error.message });
      output.note(`Not packed: ${error.message}`);
    }
    progress.show(
      () => `packed ${grouped(done.length + failed.length)} of ${counted(chosen.length, "session")}`,
    );
  }
  progress.clear();
  if (output.json) await output.document({ dryRun, sessions: done, failed });
  else noteResult(context, done);
  return failed.length > 0 ? EXIT.failed : EXIT.ok;
}

const OF_ONE: ReadonlySet<string> = new Set([
  "CORRUPT_SESSION",
  "LOCKED",
  "NEWER_FORMAT",
  "SESSION_NOT_FOUND",
]);

async function named({ store }: Context, names: readonly string[]): Promise<SessionSummary[]> {
  // All are found before the first is packed.
  const ids = new Set(await Promise.all(names.map((name) => findSession(store, name))));
  const found = await Promise.all([...ids].map((id) => store.summary(id)));
  return found.filter((summary) => summary !== undefined);
}

/** Those that did not change for so long, and are not packed yet. */
async function resting(
  { store, now }: Context,
  { resting: text = "", workspace }: PackOptions,
): Promise<SessionSummary[]> {
  const duration = parseDuration(/^\d+$/.test(text) ? `${text}d` : text);
  const until = new Date(now.getTime() - duration).toISOString();
  const directory = workspace === true ? process.cwd() : workspace && placeOf(workspace);
  const sessions =
    directory === undefined
      ? (await store.list({ until })).sessions
      : await store.listForWorkspace(directory, { until });
  return sessions.filter(({ packed, held }) => packed !== true && held === null);
}

async function tell({ output }: Context, chosen: readonly SessionSummary[]): Promise<ExitCode> {
  const open = chosen.filter(({ packed }) => packed !== true);
  if (output.json) {
    const sessions = open.map(({ id, title, bytes, updatedAt }) => ({ id, title, bytes, updatedAt }));
    await output.document({ dryRun: true, sessions, failed: [] });
    return EXIT.ok;
  }
  for (const summary of open)
    await output.line(`${summary.id}  ${byteSize(summary.bytes)}  ${oneLine(displayTitle(summary))}`);
  const bytes = open.reduce((sum, one) => sum + one.bytes, 0);
  output.note(`${counted(open.length, "session")} of ${byteSize(bytes)} would be packed.`);
  return EXIT.ok;
}

function lineOf({ id, state, bytesBefore, bytesAfter }: Packing, summary: SessionSummary): string {
  const what = state === "packed" ? `${byteSize(bytesBefore)} → ${byteSize(bytesAfter)}` : WHY[state];
  return `${id}  ${what}  ${oneLine(displayTitle(summary))}`;
}

const WHY: Readonly<Record<Exclude<Packing["state"], "packed">, string>> = {
  "was-packed": "packed before",
  held: "stays: somebody holds it",
  changed: "stays: it was written to meanwhile",
  "not-smaller": "stays: packed, it would take no less",
};

function noteResult({ output }: Context, done: readonly Packing[]): void {
  const packed = done.filter(({ state }) => state === "packed");
  const sum = (of: (one: Packing) => number): string =>
    byteSize(packed.reduce((all, one) => all + of(one), 0));
  const sizes =
    packed.length === 0
      ? ""
      : `: ${sum(({ bytesBefore }) => bytesBefore)} → ${sum(({ bytesAfter }) => bytesAfter)}. ` +
        `Astrid does not see ${packed.length === 1 ? "it" : "them"} until a write or "astrid-sessions checkpoint" unpacks ${packed.length === 1 ? "it" : "them"}`;
  output.note(`${counted(packed.length, "session")} packed${sizes}.`);
}
