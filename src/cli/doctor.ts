import { Command } from "commander";
import type { SessionId, Verification } from "../index.ts";
import { withStore, type Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { describeUnreadable } from "./list.ts";
import { Progress } from "./progress.ts";
import { printable } from "./text-width.ts";
import { counted } from "./units.ts";

interface DoctorOptions {
  readonly repair?: boolean;
}

/** What was found of one session, and what was done about it. */
interface Examined {
  readonly id: SessionId;
  readonly state: Verification["state"];
  readonly findings: readonly string[];
  readonly actions: readonly string[];
  readonly lostRevisions: number | undefined;
}

const EXAMPLES = `
Reads everything and changes nothing, unless told to repair. Bytes that cannot be read are set aside in the store's
quarantine, never thrown away. Exits with 4 when something is damaged or unreadable (after a repair: still).

Examples:
  astrid-sessions doctor
  astrid-sessions doctor --repair`;

export function doctorCommand(): Command {
  return new Command("doctor")
    .description("check every session, down to the last byte")
    .option("--repair", "bring damaged sessions back as far as their bytes go")
    .addHelpText("after", EXAMPLES)
    .action((options: DoctorOptions, command: Command) =>
      withStore(command, (context) => doctor(context, options)),
    );
}

async function doctor(context: Context, options: DoctorOptions): Promise<ExitCode> {
  const { store, output } = context;
  const progress = new Progress();
  const page = await store.listPage();
  const unreadableIds = page.unreadable.flatMap(({ id }) => (id === undefined ? [] : [id]));
  const ids = [...new Set([...page.sessions.map(({ id }) => id), ...unreadableIds])];
  const examined: Examined[] = [];
  for (const [index, id] of ids.entries()) {
    progress.show(() => `checked ${index} of ${counted(ids.length, "session")}`);
    const found = await examine(context, id, options.repair === true);
    examined.push(found);
    if (found.findings.length > 0 && !output.json) {
      progress.clear();
      await tell(context, found);
    }
  }
  progress.clear();
  // What has no session's name cannot be examined, only pointed at.
  const strangers = page.unreadable.filter(({ id }) => id === undefined);
  const count = (state: Verification["state"]): number =>
    examined.filter((found) => found.state === state).length;
  const counts = { ok: count("ok"), repairable: count("repairable"), damaged: count("damaged") };
  if (output.json) {
    const sessions = examined.filter(({ findings }) => findings.length > 0);
    await output.document({ ...counts, sessions, unreadable: strangers.map(describeUnreadable) });
  } else {
    for (const { where, error } of strangers) await output.line(`unreadable  ${where}: ${error.message}`);
    const parts = [`${counted(ids.length, "session")}: ${counts.ok} ok`];
    if (counts.repairable > 0) parts.push(`${counts.repairable} repairable (--repair does it)`);
    if (counts.damaged > 0) parts.push(`${counts.damaged} damaged`);
    await output.line(`${parts.join(", ")}.`);
  }
  return counts.ok === ids.length && strangers.length === 0 ? EXIT.ok : EXIT.unreadable;
}

async function examine({ store }: Context, id: SessionId, repair: boolean): Promise<Examined> {
  const { state, findings } = await store.verify(id);
  if (state === "ok" || !repair) return { id, state, findings, actions: [], lostRevisions: 0 };
  const { actions, lostRevisions } = await store.repair(id);
  const after = await store.verify(id);
  return { id, state: after.state, findings, actions, lostRevisions };
}

async function tell(
  { output }: Context,
  { id, state, findings, actions, lostRevisions }: Examined,
): Promise<void> {
  const colour = state === "damaged" ? "red" : state === "ok" ? "green" : "yellow";
  await output.line(
    `${output.style(colour, actions.length > 0 && state === "ok" ? "repaired" : state)}  ${id}`,
  );
  for (const finding of findings) await output.line(`  found: ${printable(finding)}`);
  for (const action of actions) await output.line(`  done: ${printable(action)}`);
  if (lostRevisions === undefined) await output.line("  lost: how many revisions cannot be known");
  else if (lostRevisions > 0) await output.line(`  lost: ${counted(lostRevisions, "revision")}`);
}
