/** Runs things side by side, round by round, so that whatever slows the machine down slows all of them down. */
export async function sideBySide(
  lanes: Readonly<Record<string, (round: number) => Promise<unknown>>>,
  rounds: number,
  warmUp = 30,
): Promise<Map<string, number[]>> {
  const entries = Object.entries(lanes);
  const times = new Map<string, number[]>(entries.map(([name]) => [name, []]));
  for (let round = 0; round < rounds + warmUp; round++) {
    for (let turn = 0; turn < entries.length; turn++) {
      const [name, run] = entries[(turn + round) % entries.length] ?? [];
      if (name === undefined || run === undefined) continue;
      const start = performance.now();
      await run(round);
      if (round >= warmUp) times.get(name)?.push(performance.now() - start);
    }
  }
  return times;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** Operations per second of so many workers, for a time. */
export async function throughput(
  workers: number,
  milliseconds: number,
  work: (worker: number, n: number) => Promise<unknown>,
): Promise<{ perSecond: number; median: number; p99: number }> {
  const times: number[] = [];
  const start = performance.now();
  const end = start + milliseconds;
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      for (let n = 0; performance.now() < end; n++) {
        const before = performance.now();
        await work(worker, n);
        times.push(performance.now() - before);
      }
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  return { perSecond: times.length / seconds, median: median(times), p99: quantile(times, 0.99) };
}
