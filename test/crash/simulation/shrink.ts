import { runJob } from "./job.ts";
import { PLAN, type Plan } from "./run-seed.ts";

/** Makes a failing seed's plan smaller as long as it still fails, and returns the command that replays it. */
export async function shrink(seed: number, violation: string): Promise<string> {
  const failed = Number(/^round (\d+)/.exec(violation)?.[1] ?? PLAN.rounds - 1);
  let plan: Partial<Plan> = { rounds: failed + 1 };
  const candidates: ((now: Partial<Plan>) => Partial<Plan>)[] = [
    (now) => ({ ...now, faults: false }),
    (now) => ({ ...now, kills: false }),
    (now) => ({ ...now, lyingLocks: false }),
    (now) => ({ ...now, processes: 1 }),
    (now) => ({ ...now, sessions: 1 }),
    (now) => ({ ...now, sessions: 2 }),
    ...Array.from({ length: failed }, (_, round) => (now: Partial<Plan>) => ({
      ...now,
      without: [...(now.without ?? []), round],
    })),
  ];
  for (const candidate of candidates) {
    const smaller = candidate(plan);
    const [result] = await runJob({ seeds: [seed], plan: smaller });
    if (result?.violation !== undefined) plan = smaller;
  }
  return `npm run test:crash -- --seed ${seed} --plan '${JSON.stringify(plan)}'`;
}
