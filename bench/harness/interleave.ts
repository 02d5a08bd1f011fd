import { setTimeout } from "node:timers/promises";
import type { Blocks } from "./statistics.ts";

/** One of the things that are measured side by side. */
export interface Lane {
  readonly name: string;
  /** Makes ready for one block of rounds; not measured. */
  prepare(rounds: number): Promise<Run>;
}

export interface Run {
  /** Makes ready for one round; not measured. */
  ready?(): unknown;
  /** What is measured. */
  once(round: number): unknown;
  /** Cleans up behind one round, so that the next lane does not pay for it; not measured. */
  settle?(): unknown;
  end?(): unknown;
}

export interface Plan {
  readonly blocks: number;
  readonly rounds: number;
}

/** Rounds at the start of each block that do not count. */
const WARM_UP = 2;

/**
 * Runs all lanes in one process, one after the other in every round and each round beginning with another, so that
 * whatever slows the machine down slows all of them down. Milliseconds.
 */
export async function interleave(lanes: readonly Lane[], plan: Plan): Promise<Map<string, Blocks>> {
  const samples = new Map<string, number[][]>(lanes.map(({ name }) => [name, []]));
  for (let block = 0; block < plan.blocks; block++) {
    const running: { readonly run: Run; readonly times: number[] }[] = [];
    for (const lane of lanes) {
      const times: number[] = [];
      samples.get(lane.name)?.push(times);
      running.push({ run: await lane.prepare(plan.rounds + WARM_UP), times });
    }
    for (let round = 0; round < plan.rounds + WARM_UP; round++) {
      for (let turn = 0; turn < running.length; turn++) {
        const lane = running[(turn + round) % running.length];
        if (lane === undefined) continue;
        await lane.run.ready?.();
        const start = performance.now();
        await lane.run.once(round);
        const time = performance.now() - start;
        if (round >= WARM_UP) lane.times.push(time);
        await lane.run.settle?.();
        // Whatever a lane does behind its answer is not to run on another lane's clock.
        await setTimeout(0);
      }
    }
    for (const { run } of running) await run.end?.();
  }
  return samples;
}
