import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { STEPS_LEFT_OUT } from "./controls/left-out.ts";
import { runJob } from "./simulation/job.ts";

// A short run, for every machine; `npm run test:crash` has the long one, and the suites that need root.
test("whatever was acknowledged survives power cuts on the simulated disk", async () => {
  const seeds = Array.from({ length: 60 }, (_, index) => 100_000 + index);
  const results = await runJob({ seeds, mostViolations: 1 });
  expect(results.filter(({ violation }) => violation !== undefined)).toEqual([]);
  expect(results.reduce((cuts, one) => cuts + one.cuts, 0)).toBe(60 * 8);
});

test.each(
  STEPS_LEFT_OUT.flatMap(({ title, patch }) => (patch === undefined ? [] : [[title, patch] as const])),
)("the control finds the place that it changes: %s", (_title, { file, from }) => {
  const source = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
  expect(source.split(from)).toHaveLength(2);
});
