// Runs seeds of the simulation in a process of its own, whose clock and random numbers are the seed's.
// Arguments: a plan as JSON, the first seed, the number of seeds, the step between them, and a time limit in seconds.
// Prints one line of JSON for each seed.
import { STEPS_LEFT_OUT } from "../controls/left-out.ts";
import { makeDeterministic } from "./determinism.ts";
import { PLAN, runSeed, type Plan } from "./run-seed.ts";

const [planText = "{}", first = "0", count = "1", step = "1", limit = "Infinity", control = ""] =
  process.argv.slice(2);
const plan: Plan = { ...PLAN, ...(JSON.parse(planText) as Partial<Plan>) };
const wrap = STEPS_LEFT_OUT.find(({ name }) => name === control)?.wrap;
const log = process.env["CRASH_LOG"] === undefined ? undefined : (line: string): void => console.log(line);
const end = process.hrtime.bigint() + BigInt(Math.round(Math.min(Number(limit), 1e6) * 1e9));

for (let index = 0; index < Number(count) && process.hrtime.bigint() < end; index++) {
  const seed = Number(first) + index * Number(step);
  makeDeterministic(seed);
  const outcome = await runSeed({ ...plan, seed }, wrap, log);
  console.log(JSON.stringify({ seed, ...outcome }));
}
