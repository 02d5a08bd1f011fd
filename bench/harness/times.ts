import type { Report } from "./report.ts";
import { ratioOf, spreadOf } from "./statistics.ts";

/** What a new process is compared with. */
export const BARE = "node -e 0";

/** Adds a row of times, each beside a bare Node of the same run. */
export function addTimes(
  report: Report,
  row: string,
  samples: ReadonlyMap<string, readonly (readonly number[])[]>,
): void {
  const bare = samples.get(BARE) ?? [];
  for (const [contender, blocks] of samples)
    report.add({
      row,
      ...{ contender, unit: "ms", baseline: BARE },
      value: spreadOf(blocks.flat()),
      ratio: ratioOf(blocks, bare),
    });
}
