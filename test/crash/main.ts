// The crash laboratory: `npm run test:crash`. Prints one table, and leaves its counts where .ci/run adds them up.
//   --seeds N      that many seeds of the simulation instead of 2,520, and nothing else
//   --from N       the first of them
//   --seed S       that seed alone, with everything that happens; --plan '{…}' as it was shrunk
//   --features F   what may happen in a seed: `all`, or names from simulation/features.ts separated by commas
//   --always F     what every seed is to have of it
//   --only random | exhaustive | scope | neighbours | rot | controls | system
//   --docs         writes the table of what is caught into docs/durability.md
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { controlTable, writeControlTable } from "./controls/table.ts";
import { STEPS_LEFT_OUT } from "./controls/left-out.ts";
import { runScopeControls, runScopes } from "./scope/suite.ts";
import { featuresFrom } from "./simulation/features.ts";
import { runJob } from "./simulation/job.ts";
import type { Plan } from "./simulation/run-seed.ts";
import { SEEDS, simulate, simulateControl, simulateExhaustively } from "./simulation/suite.ts";
import { runBesideOthers, runBesideOthersBlindly } from "./neighbours/suite.ts";
import { letRot, letRotUnnoticed } from "./rot/suite.ts";
import { runSystemSuites } from "./system/main.ts";
import { isFailure, type SuiteResult } from "./system/suite-result.ts";
import { tableOf } from "./system/table.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    from: { type: "string", default: "0" },
    seed: { type: "string" },
    plan: { type: "string", default: "{}" },
    features: { type: "string" },
    always: { type: "string" },
    only: { type: "string" },
    docs: { type: "boolean", default: false },
  },
});
const plan: Partial<Plan> = {
  ...(values.features === undefined ? {} : { features: featuresFrom(values.features) }),
  ...(values.always === undefined ? {} : { always: featuresFrom(values.always) }),
  ...(JSON.parse(values.plan) as Partial<Plan>),
};

if (values.seed !== undefined) {
  const [result] = await runJob({ seeds: [Number(values.seed)], plan, log: true });
  console.log(result?.violation ?? "passed");
  process.exitCode = result?.violation === undefined ? 0 : 1;
} else if (values.seeds !== undefined) {
  finish([await simulate(Number(values.seeds), Number(values.from), plan)]);
} else {
  const isWanted = (part: string): boolean => values.only === undefined || values.only === part;
  const results: SuiteResult[] = [];
  if (isWanted("random")) {
    results.push(await timed("simulated disk, random", () => simulate(SEEDS, Number(values.from), plan)));
  }
  // Neither uses more than one processor.
  const [exhaustive, controls] = await Promise.all([
    isWanted("exhaustive")
      ? timed("simulated disk, every call", () => simulateExhaustively(plan.features))
      : [],
    isWanted("controls") ? timed("controls", runControls) : [],
  ]);
  results.push(...exhaustive, ...controls);
  if (isWanted("scope")) results.push(...(await timed("small scope", () => runScopes())));
  if (isWanted("neighbours"))
    results.push(...(await timed("beside Astrid and an editor", () => runBesideOthers())));
  if (isWanted("rot")) results.push(...(await timed("bit rot", () => letRot())));
  if (isWanted("system")) results.push(...(await runSystemSuites()));
  finish(results);
  if (values.docs) writeControlTable(controlTable(results));
}

async function runControls(): Promise<SuiteResult[]> {
  const results: SuiteResult[] = [];
  for (const control of STEPS_LEFT_OUT)
    if (control.isForOthers !== true) results.push(await simulateControl(control));
  results.push(...(await runScopeControls()), ...(await runBesideOthersBlindly()));
  results.push(...(await letRotUnnoticed()));
  return results;
}

async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  const result = await work();
  console.log(`${name}: ${((performance.now() - begun) / 1000).toFixed(0)} s`);
  return result;
}

function finish(results: readonly SuiteResult[]): void {
  console.log(tableOf(results));
  const skipped = results.filter((result) => result.skipped !== undefined).length;
  const failures = results.filter(isFailure).map((result) => `crash laboratory: ${result.suite}`);
  const failed = failures.length;
  const passed = results.length - failed - skipped;
  const folder = process.env["ASTRID_TEST_COUNTS"];
  if (folder !== undefined && folder !== "") {
    const counts = { passed, failed, skipped, failures };
    writeFileSync(join(folder, `crash-${process.pid}.json`), `${JSON.stringify(counts)}\n`);
  }
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  process.exitCode = failed > 0 ? 1 : 0;
}
