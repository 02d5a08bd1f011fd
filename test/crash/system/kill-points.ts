import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { callPoints, inPairs } from "./call-sites.ts";
import { checkStore } from "./check-store.ts";
import { startInjected, type Injection } from "./injection.ts";
import { planOf } from "./plan.ts";
import { ScriptProcess } from "./script-process.ts";
import { skipped, Tally, type SuiteResult } from "./suite-result.ts";
import { hasStrace } from "./tools.ts";

/** Where a first process dies, and how many operations the next one carries out: its recovery is killed, too. */
const HALF_WAY = [
  { name: "a torn create", stopAt: "journal.publish:1", from: 0 },
  { name: "a checkpoint without its mark", stopAt: "checkpoint.mark:2", from: 3 },
  { name: "a removal after its tombstone", stopAt: "remove.checkpoint:1", from: 7 },
  { name: "half of a move to the trash", stopAt: "trash.move:6", from: 11 },
];

/** One in so many calls on the derived index. */
const SPARSE = 10;

/** SIGKILL before every call of a run that changes the disk, and of runs that begin with a recovery. */
export async function killAtEveryCall(directory: string): Promise<SuiteResult[]> {
  const [writing, recovering] = ["kill on write", "kill on recovery"];
  if (!hasStrace()) return [skipped(writing, "no strace"), skipped(recovering, "no strace")];
  const onWrite = new Tally(writing);
  await killEverywhere(directory, onWrite, undefined, 0, planOf(1).length);
  const onRecovery = new Tally(recovering);
  for (const { name, stopAt, from } of HALF_WAY) {
    const before = join(directory, "before");
    const first = new ScriptProcess(["--store", before, "--stop-at", stopAt, "--die"]);
    await first.ended();
    if (first.acknowledged() !== from || first.isDone)
      throw new Error(`${name}: died behind operation ${first.acknowledged()}, not ${from}`);
    await killEverywhere(directory, onRecovery, before, from, from + 2);
    rmSync(before, { recursive: true });
  }
  return [onWrite.result(), onRecovery.result()];
}

async function killEverywhere(
  directory: string,
  tally: Tally,
  before: string | undefined,
  from: number,
  until: number,
): Promise<void> {
  const plan = planOf(1);
  const argsFor = (store: string): string[] => ["--store", store, "--from", `${from}`, "--until", `${until}`];
  const prepare = (store: string): void => {
    // With links between names of one file as they are.
    if (before !== undefined) execFileSync("cp", ["-a", before, store]);
  };
  const reference = join(directory, "reference");
  prepare(reference);
  const calls = await callPoints(directory, reference, ["--from", `${from}`, "--until", `${until}`]);
  rmSync(reference, { recursive: true });
  const points = calls
    // Before an open that creates nothing the disk is as it is before the next call.
    .filter(({ isChange, isOnIndex }, index) => isChange && (!isOnIndex || index % SPARSE === 0))
    .map(({ thread, call, number }): Injection => ({
      thread,
      call,
      effect: "signal=KILL",
      when: `${number}`,
    }));
  await inPairs(points, async (point, index) => {
    const store = join(directory, `killed-${from}-${index}`);
    prepare(store);
    const { script, ended } = await startInjected(argsFor(store), point);
    await ended;
    const acknowledged = script.acknowledged(from);
    tally.add(
      `${point.thread} ${point.call} ${point.when} from ${from}`,
      await checkStore(store, plan, acknowledged),
    );
    rmSync(store, { recursive: true, force: true });
  });
}
