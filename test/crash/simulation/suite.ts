import { countsOf, type SuiteResult } from "../system/suite-result.ts";
import { runForResults, runJob } from "./job.ts";
import type { Feature } from "./features.ts";
import { PLAN, type Plan } from "./run-seed.ts";
import type { LeftOut } from "../controls/left-out.ts";
import { shrink } from "./shrink.ts";
import { fileURLToPath } from "node:url";

/** Eight power cuts each: more than 20,000. */
export const SEEDS = 2520;
/** So many failing seeds are made smaller; each takes some seconds. */
const MOST_SHRUNK = 3;
const WORKERS = 2;
const EXHAUSTIVE = fileURLToPath(new URL("exhaustive.ts", import.meta.url));

/** Random histories on the simulated disk, power cuts, kills, failing calls and lying locks. */
export async function simulate(seeds: number, first = 0, plan: Partial<Plan> = {}): Promise<SuiteResult> {
  const all = Array.from({ length: seeds }, (_, index) => first + index);
  const parts = await Promise.all(
    Array.from({ length: WORKERS }, (_, worker) =>
      runJob({ seeds: all.filter((seed) => seed % WORKERS === worker), plan, mostViolations: 20 }),
    ),
  );
  const results = parts.flat();
  const failures = results.flatMap((one) =>
    one.violation === undefined ? [] : [{ ...one, violation: one.violation }],
  );
  const details: string[] = [];
  for (const [index, { seed, violation }] of failures.entries()) {
    details.push(`seed ${seed}: ${violation}`);
    if (index < MOST_SHRUNK) details.push(`  again: ${await shrink(seed, violation, plan)}`);
  }
  const sum = (what: "cuts" | "kills" | "faults" | "changes" | "undecided"): number =>
    results.reduce((total, one) => total + one[what], 0);
  console.log(
    `simulated disk: ${results.length} seeds, ${sum("changes")} changes of the disk, ${sum("cuts")} power cuts, ` +
      `${sum("kills")} kills, ${sum("faults")} failing calls, ${sum("undecided")} sessions undecided`,
  );
  return resultOf(
    "simulated disk, random",
    sum("cuts"),
    failures.map(({ violation }) => violation),
    details,
  );
}

/** What a run of one script says of one kind of trouble. */
interface Exhausted {
  readonly kind: string;
  readonly tried: number;
  readonly failures: readonly string[];
}

/** One script on the simulated disk, troubled at each change of the disk, and at each reading call, in turn. */
export async function simulateExhaustively(
  features: readonly Feature[] = PLAN.features,
): Promise<SuiteResult[]> {
  const results = (await runForResults([EXHAUSTIVE, features.join()])) as Exhausted[];
  return results.map(({ kind, tried, failures }) =>
    resultOf(`simulated disk, every call: ${kind}`, tried, failures, failures),
  );
}

/** Whether the simulation notices that a step is left out, and in how many seeds, or cuts of its own script. */
export async function simulateControl({ name, title, plan, script }: LeftOut): Promise<SuiteResult> {
  if (script !== undefined) {
    const [found] = (await runForResults([EXHAUSTIVE, "", name], name)) as Exhausted[];
    const { tried = 0, failures = [] } = found ?? {};
    return {
      ...resultOf(`simulated disk, every call, left out: ${title}`, tried, failures, failures),
      caught: failures.length,
    };
  }
  const seeds = Array.from({ length: MOST_CONTROL_SEEDS }, (_, seed) => seed);
  const results = await runJob({ seeds, plan, control: name, mostViolations: ENOUGH });
  const caught = results.flatMap(({ violation }) => (violation === undefined ? [] : [violation]));
  return {
    ...resultOf(`simulated disk, left out: ${title}`, results.length, caught, caught),
    caught: caught.length,
  };
}

const MOST_CONTROL_SEEDS = 200;
const ENOUGH = 5;

function resultOf(
  suite: string,
  tried: number,
  violations: readonly string[],
  details: readonly string[],
): SuiteResult {
  return { suite, tried, ...countsOf(violations), details };
}
