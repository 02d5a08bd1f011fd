import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { callPoints, inPairs } from "./call-sites.ts";
import { checkStore } from "./check-store.ts";
import { siteText, startInjected, type Injection } from "./injection.ts";
import { planOf } from "./plan.ts";
import { ScriptProcess } from "./script-process.ts";
import { skipped, Tally, type SuiteResult } from "./suite-result.ts";
import { hasStrace } from "./tools.ts";

/** Where a first process dies, and how many operations the next one carries out: its recovery is killed, too. */
const HALF_WAY = [
  { name: "a torn create", stopAt: "journal.publish:1", from: 0 },
  { name: "a checkpoint without its mark", stopAt: "checkpoint.mark:2", from: 3 },
  { name: "a removal after its tombstone", stopAt: "remove.checkpoint:1", from: 7 },
  { name: "a move to the trash before its tombstone is synced", stopAt: "tombstone.sync:4", from: 11 },
];

/** One in so many calls on the derived index. */
const SPARSE = 10;

/** A writer that acknowledges before it has written must be noticed; so many points are enough for that. */
const CONTROL_POINTS = 20;

/** SIGKILL before every call of a run that changes the disk, and of runs that begin with a recovery. */
export async function killAtEveryCall(directory: string): Promise<SuiteResult[]> {
  const [writing, recovering, control] = [
    "kill before each call, writing",
    "kill before each call, recovering",
    "kill before each call, left out: the wait for a save before it is acknowledged",
  ];
  if (!hasStrace()) return [writing, recovering, control].map((suite) => skipped(suite, "no strace"));
  const onWrite = new Tally(writing);
  await killEverywhere(directory, onWrite, { from: 0, until: planOf(1).length });
  const early = new Tally(control);
  await killEverywhere(directory, early, { from: 0, until: 5, more: ["--early"], most: CONTROL_POINTS });
  const onRecovery = new Tally(recovering);
  for (const { name, stopAt, from } of HALF_WAY) {
    const before = join(directory, "before");
    const first = new ScriptProcess(["--store", before, "--stop-at", stopAt, "--die"]);
    await first.ended();
    if (first.acknowledged() !== from || first.isDone)
      throw new Error(`${name}: died behind operation ${first.acknowledged()}, not ${from}`);
    await killEverywhere(directory, onRecovery, { before, from, until: from + 2 });
    rmSync(before, { recursive: true });
  }
  return [onWrite.result(), onRecovery.result(), early.control()];
}

interface Stretch {
  /** A store that another process left half-way, to begin with. */
  readonly before?: string;
  /** The operations to carry out, the last excluded. */
  readonly from: number;
  readonly until: number;
  /** Further arguments of the script. */
  readonly more?: readonly string[];
  /** The most points to try. */
  readonly most?: number;
}

async function killEverywhere(
  directory: string,
  tally: Tally,
  { before, from, until, more = [], most = Infinity }: Stretch,
): Promise<void> {
  const plan = planOf(1);
  const args = ["--from", `${from}`, "--until", `${until}`, ...more];
  const prepare = (store: string): void => {
    // With links between names of one file as they are.
    if (before !== undefined) execFileSync("cp", ["-a", before, store]);
  };
  const reference = join(directory, "reference");
  prepare(reference);
  const calls = await callPoints(directory, reference, args);
  rmSync(reference, { recursive: true });
  const points = calls
    // Before an open that creates nothing the disk is as it is before the next call.
    .filter(({ isChange, isOnIndex }, index) => isChange && (!isOnIndex || index % SPARSE === 0))
    .map((site): Injection => ({ site, effect: "signal=KILL" }))
    .slice(0, most);
  await inPairs(points, async (point, index) => {
    const store = join(directory, `killed-${from}-${index}`);
    prepare(store);
    const { script, ended } = await startInjected(store, args, point);
    await ended;
    const violations = await checkStore(store, plan, script.acknowledged(from));
    tally.add(`${siteText(point)} from ${from}`, violations, !script.isDone);
    rmSync(store, { recursive: true, force: true });
  });
}
