import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { runNode } from "../simulation/job.ts";

const PROGRAM = fileURLToPath(new URL("scripted.ts", import.meta.url));

test("what the simulated disk found once stays mended", async () => {
  const results: { name: string; failure: string | null }[] = [];
  await runNode([PROGRAM], undefined, (line) => results.push(JSON.parse(line)));
  expect(results.length).toBeGreaterThan(15);
  expect(results.filter(({ failure }) => failure !== null)).toEqual([]);
});
