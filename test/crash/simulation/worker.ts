// Runs seeds of the simulation in a process of its own, whose clock and random numbers are the seed's.
// Its only argument is a job as JSON. Prints one line of JSON for each seed.
import { STEPS_LEFT_OUT } from "../controls/left-out.ts";
import { makeDeterministic } from "./determinism.ts";
import type { Job, SeedResult } from "./job.ts";
import { PLAN, runSeed } from "./run-seed.ts";

const job = JSON.parse(process.argv[2] ?? "{}") as Job;
const wrap = STEPS_LEFT_OUT.find(({ name }) => name === job.control)?.wrap;
const log = job.log ? (line: string): void => console.log(line) : undefined;

let violations = 0;
for (const seed of job.seeds) {
  makeDeterministic(seed);
  const outcome = await runSeed({ ...PLAN, ...job.plan, seed }, wrap, log);
  console.log(JSON.stringify({ seed, ...outcome } satisfies SeedResult));
  if (outcome.violation !== undefined && ++violations === job.mostViolations) break;
}
