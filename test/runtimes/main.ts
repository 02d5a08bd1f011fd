// The conformance suite on the runtimes beside the one that this project runs on: `npm run test:runtimes`.
//   --only node-lowest | node-newest | bun | deno
//   --grep TEXT    the tests whose names have it
// Leaves its counts where .ci/run adds them up.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Child } from "../../src/conformance/child.ts";
import type { SuiteLine } from "./suite.ts";

interface Runtime {
  /** Its name in package.json beside this file, where its version is. */
  readonly name: string;
  readonly command: string;
  /** What stands before the program. */
  readonly args: readonly string[];
}

interface Outcome {
  readonly title: string;
  readonly passed: number;
  readonly failures: readonly string[];
  readonly seconds: number;
}

const RUNTIMES: readonly Runtime[] = [
  { name: "node-lowest", command: "bin/node", args: [] },
  { name: "node-newest", command: "bin/node", args: [] },
  { name: "bun", command: "bin/bun", args: ["run"] },
  { name: "deno", command: "deno", args: ["run", "--allow-all", "--no-lock"] },
];

const { values } = parseArgs({
  options: { only: { type: "string" }, grep: { type: "string", default: "" } },
});
const commandOf = ({ name, command }: Runtime): string =>
  join(import.meta.dirname, "node_modules", name, command);

// A runtime that could not be installed where it can be is a failure, not skipped.
const isInstallable = process.platform === "linux" && process.arch === "x64";

const wanted = RUNTIMES.filter(({ name }) => values.only === undefined || values.only === name);
if (wanted.length === 0) throw new Error(`--only takes ${RUNTIMES.map(({ name }) => name).join(", ")}.`);
const outcomes: Outcome[] = [];
const skipped: string[] = [];
for (const runtime of wanted) {
  if (isInstallable) outcomes.push(await run(runtime));
  else skipped.push(`${runtime.name}: installed on Linux on x64 only`);
}
finish();

/** Runs the suite on a runtime, and tells how it went; one that ends before the suite does is a failure too. */
async function run(runtime: Runtime): Promise<Outcome> {
  const begun = performance.now();
  const suite = join(import.meta.dirname, "suite.ts");
  const child = new Child([...runtime.args, suite, values.grep], { command: commandOf(runtime) });
  const how = await child.ended.then(({ code, signal }) => signal ?? code, String);
  const failures: string[] = [];
  let title = runtime.name;
  let passed = 0;
  let isWhole = false;
  for (const text of child.lines) {
    const line = JSON.parse(text) as SuiteLine;
    if (line.kind === "runtime") title = line.name;
    else if (line.kind === "end") isWhole = true;
    else if (line.error === undefined) passed++;
    else {
      failures.push(`${title}: ${line.name}: ${line.error.split("\n", 1)[0] ?? ""}`);
      console.log(`${title}: ${line.name}\n${line.error}\n`);
    }
  }
  if (!isWhole || how !== 0) {
    failures.push(`${title}: ended with ${how} before it was done`);
    console.log(child.errors);
  }
  const outcome = { title, passed, failures, seconds: (performance.now() - begun) / 1000 };
  console.log(`${title}: ${passed} passed, ${failures.length} failed, ${outcome.seconds.toFixed(0)} s`);
  return outcome;
}

function finish(): void {
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  const failures = outcomes.flatMap((outcome) => outcome.failures);
  for (const failure of failures) console.log(`FAILED: ${failure}`);
  for (const one of skipped) console.log(`SKIPPED: ${one}`);
  const folder = process.env["ASTRID_TEST_COUNTS"];
  if (folder !== undefined && folder !== "") {
    const counts = { passed, failed: failures.length, skipped: skipped.length, failures };
    writeFileSync(join(folder, `runtimes-${process.pid}.json`), `${JSON.stringify(counts)}\n`);
  }
  const tail = skipped.length > 0 ? `, ${skipped.length} skipped` : "";
  console.log(`${passed} passed, ${failures.length} failed${tail}`);
  process.exitCode = failures.length > 0 ? 1 : 0;
}
