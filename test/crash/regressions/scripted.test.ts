import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { runForResults } from "../simulation/job.ts";

const PROGRAM = fileURLToPath(new URL("scripted.ts", import.meta.url));

test("what the simulated disk found once stays mended", async () => {
  const results = (await runForResults([PROGRAM])) as { name: string; failure: string | null }[];
  expect(results.length).toBeGreaterThan(15);
  expect(results.filter(({ failure }) => failure !== null)).toEqual([]);
});
