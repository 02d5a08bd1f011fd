import { Command } from "commander";
import type { EngineReport, SessionId, Unpaired, Verification } from "../../../index.ts";
import { SessionNotFoundError, SessionStoreError } from "../../../session/errors/errors.ts";
import type { SessionStore } from "../../../store/session-store.ts";
import { withStore, type Context } from "../../context.ts";
import { EXIT, usageError, type ExitCode } from "../../exit-code.ts";
import { findSecretsInStore } from "./doctor-secrets.ts";
import { describeUnreadable } from "../../output/unreadable.ts";
import { Progress } from "../../output/progress.ts";
import { printable } from "../../output/text-width.ts";
import { counted } from "../../output/units.ts";

interface DoctorOptions {
  readonly repair?: boolean;
  readonly secrets?: boolean;
}

/** `gone`: the repair found nothing that could be brought back; what there was is in the quarantine. */
type State = Verification["state"] | "gone";

/** What was found of one session, and what was done about it. */
interface Examined {
  readonly id: SessionId;
  readonly state: State;
  readonly findings: readonly string[];
  readonly actions: readonly string[];
  readonly lostRevisions: number | undefined;
  /** Calls without a result, and results without a call. */
  readonly unpaired: readonly Unpaired[];
}

const EXAMPLES = `
Reads everything and changes nothing, unless told to repair. Bytes that cannot be read are set aside in the store's
quarantine, never thrown away. Exits with 4 when something is damaged or unreadable (after a repair: still, or is
gone: nothing of it could be read). Calls of tools without a result, and results without a call, are told too: a run
that was interrupted leaves such. They are no damage, and no model is sent them.

With --secrets it looks for keys, tokens and private keys instead, in everything that is stored: messages and fields of
every revision, side lists, the trash, what was set aside. It tells where, of which kind and how many, and prints none.
Candidates (JWTs, passwords in URLs, assigned secrets) are only likely to be secrets. Exits with 5 when something of a
definite form was found, else with 4 when something could not be read.

Examples:
  astrid-sessions doctor
  astrid-sessions doctor --repair
  astrid-sessions doctor --secrets`;

export function doctorCommand(): Command {
  return new Command("doctor")
    .description("check every session, down to the last byte")
    .option("--repair", "bring damaged sessions back as far as their bytes go")
    .option("--secrets", "look for secrets instead, also in the history and the trash")
    .addHelpText("after", EXAMPLES)
    .action((options: DoctorOptions, command: Command) => {
      const reports: EngineReport[] = [];
      const use = { report: (report: EngineReport) => void reports.push(report) };
      if (options.secrets === true && options.repair === true)
        throw usageError('Give --repair or --secrets, not both: "redact <session>" replaces secrets.');
      return options.secrets === true
        ? withStore(command, findSecretsInStore)
        : withStore(command, (context) => doctor(context, options, reports), use);
    });
}

/** @param reports what the store reports meanwhile; most of it is among the findings and actions too. */
async function doctor(
  context: Context,
  options: DoctorOptions,
  reports: readonly EngineReport[],
): Promise<ExitCode> {
  const { store, output } = context;
  const progress = new Progress();
  const page = await store.list({});
  const unreadableIds = page.unreadable.flatMap(({ id }) => (id === undefined ? [] : [id]));
  const ids = [...new Set([...page.sessions.map(({ id }) => id), ...unreadableIds])];
  const examined: Examined[] = [];
  for (const [index, id] of ids.entries()) {
    progress.show(() => `checked ${index} of ${counted(ids.length, "session")}`);
    const checked = await examine(context, id, options.repair === true);
    if (checked === undefined) continue;
    const found: Examined = { ...checked, unpaired: await unpairedOf(context, id) };
    examined.push(found);
    if (isTold(found) && !output.json) {
      progress.clear();
      await tell(context, found);
    }
  }
  progress.clear();
  // What has no session's name cannot be examined, only pointed at.
  const strangers = page.unreadable.filter(({ id }) => id === undefined);
  const count = (state: State): number => examined.filter((found) => found.state === state).length;
  const counts = {
    ...{ ok: count("ok"), repairable: count("repairable"), damaged: count("damaged"), gone: count("gone") },
  };
  if (output.json) {
    const sessions = examined
      .filter(isTold)
      .map(({ lostRevisions = null, ...found }) => ({ ...found, lostRevisions }));
    await output.document({ ...counts, sessions, unreadable: strangers.map(describeUnreadable) });
  } else {
    const told = new Set(examined.flatMap(({ findings, actions }) => [...findings, ...actions]));
    for (const message of new Set(reports.map((report) => report.message)))
      if (!told.has(message)) output.note(message);
    for (const { where, error } of strangers) await output.line(`unreadable  ${where}: ${error.message}`);
    const parts = [`${counted(examined.length, "session")}: ${counts.ok} ok`];
    if (counts.repairable > 0) parts.push(`${counts.repairable} repairable (--repair does it)`);
    if (counts.damaged > 0) parts.push(`${counts.damaged} damaged`);
    if (counts.gone > 0) parts.push(`${counts.gone} gone`);
    await output.line(`${parts.join(", ")}.`);
    const open = examined.filter(({ unpaired }) => unpaired.length > 0).length;
    if (open > 0) {
      const all = unpairedText(examined.flatMap(({ unpaired }) => unpaired));
      await output.line(`In ${counted(open, "session")}: ${all}; no model is sent them.`);
    }
  }
  return counts.ok === examined.length && strangers.length === 0 ? EXIT.ok : EXIT.unreadable;
}

function isTold({ findings, unpaired }: Examined): boolean {
  return findings.length > 0 || unpaired.length > 0;
}

/** `2 calls without a result, 1 result without a call` */
function unpairedText(unpaired: readonly Unpaired[]): string {
  const of = (kind: Unpaired["kind"]): number => unpaired.filter((one) => one.kind === kind).length;
  const [calls, results] = [of("call"), of("result")];
  const parts = [
    `${counted(calls, "call")} without a result`,
    `${counted(results, "result")} without a call`,
  ];
  return parts.filter((_, index) => [calls, results][index] !== 0).join(", ");
}

/** What cannot be read is among the findings. */
async function unpairedOf({ store }: Context, id: SessionId): Promise<readonly Unpaired[]> {
  try {
    return await store.unpaired(id);
  } catch (error) {
    if (error instanceof SessionStoreError) return [];
    throw error;
  }
}

/** One session's trouble keeps no other from being examined. `undefined`: someone removed it since it was listed. */
async function examine(
  { store }: Context,
  id: SessionId,
  repair: boolean,
): Promise<Omit<Examined, "unpaired"> | undefined> {
  const before = await verified(store, id);
  if (before === undefined) return undefined;
  const findings = [...new Set(before.findings)];
  if (before.state === "ok" || !repair)
    return { id, state: before.state, findings, actions: [], lostRevisions: 0 };
  try {
    const { actions, lostRevisions } = await store.repair(id);
    const state = (await verified(store, id))?.state ?? "gone";
    return { id, state, findings, actions: [...new Set(actions)], lostRevisions };
  } catch (error) {
    if (!(error instanceof SessionStoreError)) throw error;
    return { id, state: before.state, findings: [...findings, error.message], actions: [], lostRevisions: 0 };
  }
}

async function verified(
  store: SessionStore,
  id: SessionId,
): Promise<Pick<Verification, "state" | "findings"> | undefined> {
  try {
    return await store.verify(id);
  } catch (error) {
    if (error instanceof SessionNotFoundError) return undefined;
    if (!(error instanceof SessionStoreError)) throw error;
    return { state: "damaged", findings: [error.message] };
  }
}

async function tell(
  { output }: Context,
  { id, state, findings, actions, lostRevisions, unpaired }: Examined,
): Promise<void> {
  const colour = state === "damaged" || state === "gone" ? "red" : state === "ok" ? "green" : "yellow";
  await output.line(
    `${output.style(colour, actions.length > 0 && state === "ok" ? "repaired" : state)}  ${id}`,
  );
  for (const finding of findings) await output.line(`  found: ${printable(finding)}`);
  if (unpaired.length > 0) await output.line(`  has: ${unpairedText(unpaired)}`);
  for (const action of actions) await output.line(`  done: ${printable(action)}`);
  if (state === "gone") await output.line("  lost: the session; nothing of it could be brought back");
  else if (lostRevisions === undefined) await output.line("  lost: how many revisions cannot be known");
  else if (lostRevisions > 0) await output.line(`  lost: ${counted(lostRevisions, "revision")}`);
}
