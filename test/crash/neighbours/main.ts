// Our processes beside Astrid and a person with an editor, on the simulated disk, through power cuts.
//   node test/crash/neighbours/main.ts --seeds 200          that many seeds
//     --from N         the first of them
//     --actors A       who may be there: names from neighbours.ts, separated by commas; default: all
//     --seed S         that seed alone, with everything that happens; --plan '{…}' as it was shrunk
//     --control NAME   leaves a step out (controls/left-out.ts)
// Prints one line of JSON for each seed.
import { parseArgs } from "node:util";
import { STEPS_LEFT_OUT } from "../controls/left-out.ts";
import { makeDeterministic } from "../simulation/determinism.ts";
import { ACTORS, type Actor } from "./neighbours.ts";
import { NEIGHBOUR_PLAN, runNeighbours, type NeighbourPlan } from "./run.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "0" },
    actors: { type: "string", default: ACTORS.join() },
    seed: { type: "string" },
    plan: { type: "string", default: "{}" },
    part: { type: "string", default: "1/1" },
    most: { type: "string", default: "20" },
    control: { type: "string" },
  },
});
const actors = values.actors.split(",").map((name): Actor => {
  const actor = ACTORS.find((one) => one === name);
  if (actor === undefined) throw new Error(`no actor "${name}"; there are ${ACTORS.join(", ")}`);
  return actor;
});
const plan: NeighbourPlan = {
  ...NEIGHBOUR_PLAN,
  actors,
  ...(JSON.parse(values.plan) as Partial<NeighbourPlan>),
};
const wrap = STEPS_LEFT_OUT.find(({ name }) => name === values.control)?.wrap;

async function run(
  seed: number,
  its: NeighbourPlan,
  log?: (line: string) => void,
): Promise<string | undefined> {
  makeDeterministic(seed);
  return (await runNeighbours({ ...its, seed }, wrap, log)).violation;
}

/** The same failure with less. */
async function shrunk(seed: number, violation: string): Promise<string> {
  let smallest: Partial<NeighbourPlan> = {
    actors,
    rounds: Number(/^round (\d+)/.exec(violation)?.[1] ?? 5) + 1,
  };
  const candidates: ((now: Partial<NeighbourPlan>) => Partial<NeighbourPlan>)[] = [
    (now) => ({ ...now, kills: false }),
    (now) => ({ ...now, processes: 1 }),
    (now) => ({ ...now, sessions: 1 }),
    ...Array.from({ length: (smallest.rounds ?? 1) - 1 }, (_, round) => (now: Partial<NeighbourPlan>) => ({
      ...now,
      without: [...(now.without ?? []), round],
    })),
  ];
  for (const candidate of candidates) {
    const smaller = candidate(smallest);
    if ((await run(seed, { ...NEIGHBOUR_PLAN, ...smaller })) !== undefined) smallest = smaller;
  }
  return `node test/crash/neighbours/main.ts --seed ${seed} --plan '${JSON.stringify(smallest)}'`;
}

if (values.seed !== undefined) {
  const violation = await run(Number(values.seed), plan, (line) => console.log(line));
  console.log(violation ?? "passed");
  process.exitCode = violation === undefined ? 0 : 1;
} else {
  const [part = 1, parts = 1] = values.part.split("/").map(Number);
  let violations = 0;
  const first = Number(values.from);
  for (let seed = first; seed < first + Number(values.seeds); seed++) {
    if (seed % parts !== part - 1) continue;
    makeDeterministic(seed);
    const outcome = await runNeighbours({ ...plan, seed }, wrap);
    const { violation } = outcome;
    const again = violation !== undefined && violations < 3 ? await shrunk(seed, violation) : undefined;
    console.log(JSON.stringify({ seed, ...outcome, again }));
    if (violation !== undefined && ++violations >= Number(values.most)) break;
  }
}
