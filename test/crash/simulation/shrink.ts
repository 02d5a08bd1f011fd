import { FEATURES } from "./features.ts";
import { runJob } from "./job.ts";
import { PLAN, type Plan } from "./run-seed.ts";

/** Makes a failing seed's plan smaller as long as it still fails, and returns the command that replays it. */
export async function shrink(seed: number, violation: string, plan: Partial<Plan> = {}): Promise<string> {
  const failed = Number(/^round (\d+)/.exec(violation)?.[1] ?? PLAN.rounds - 1);
  let smallest: Partial<Plan> = { features: PLAN.features, ...plan, rounds: failed + 1 };
  const candidates: ((now: Partial<Plan>) => Partial<Plan>)[] = [
    ...FEATURES.map((feature) => (now: Partial<Plan>): Partial<Plan> => ({
      ...now,
      features: (now.features ?? []).filter((one) => one !== feature),
    })),
    (now) => ({ ...now, processes: 1 }),
    (now) => ({ ...now, sessions: 1 }),
    (now) => ({ ...now, sessions: 2 }),
    ...Array.from({ length: failed }, (_, round) => (now: Partial<Plan>) => ({
      ...now,
      without: [...(now.without ?? []), round],
    })),
  ];
  for (const candidate of candidates) {
    const smaller = candidate(smallest);
    if (JSON.stringify(smaller) === JSON.stringify(smallest)) continue;
    const [result] = await runJob({ seeds: [seed], plan: smaller });
    if (result?.violation !== undefined) smallest = smaller;
  }
  return `npm run test:crash -- --seed ${seed} --plan '${JSON.stringify(smallest)}'`;
}
