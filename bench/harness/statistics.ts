/** A middle value with the range that holds four of five. */
export interface Spread {
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((left, right) => left - right);
  return { median: quantile(sorted, 0.5), p10: quantile(sorted, 0.1), p90: quantile(sorted, 0.9) };
}

export function medianOf(values: readonly number[]): number {
  return spreadOf(values).median;
}

function quantile(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) throw new Error("nothing was measured");
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? 0;
  const above = sorted[Math.ceil(place)] ?? 0;
  return below + (above - below) * (place - Math.floor(place));
}

/** Samples of one contender, block by block. */
export type Blocks = readonly (readonly number[])[];

/**
 * How many times as much as the baseline: of the medians over everything; its spread is that of the blocks, each
 * compared with the baseline's same block, so that slow drifts of the machine cancel out.
 */
export function ratioOf(samples: Blocks, baseline: Blocks): Spread {
  const perBlock = samples.flatMap((block, at) => {
    const beside = baseline[at];
    return beside === undefined || block.length === 0 ? [] : [medianOf(block) / medianOf(beside)];
  });
  const { p10, p90 } = spreadOf(perBlock);
  return { median: medianOf(samples.flat()) / medianOf(baseline.flat()), p10, p90 };
}
