import { expect, test } from "vitest";
import { SessionStore } from "../../src/index.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { runJson } from "./run.ts";

interface CostsTold {
  readonly total: { readonly costRecorded: number | null };
  readonly groups: readonly { readonly key: string | null; readonly costRecorded: number | null }[];
}

test("what an agent recorded answer by answer is of the day, and the model, of the answer", async () => {
  const directory = temporaryDirectory();
  const costs = [
    ["2026-01-10T10", "opus", 0.5],
    ["2026-01-11T10", "gpt", 0.25],
  ];
  const store = new SessionStore(directory);
  await store.commit("aaaa1111-0000-4000-8000-000000000000", {
    base: 0,
    set: { createdAt: "2026-01-10T09:00:00Z", extra: { usage: { tokens: [], cost_usd: 1, costs } } },
  });
  await store.close();
  const told = (...args: readonly string[]): CostsTold => runJson(directory, "stats", ...args).json as never;
  const recorded = (by: string): unknown =>
    told("--by", by).groups.map(({ key, costRecorded }) => [key, costRecorded]);
  // What is left of the sum has no time: it counts where the session began.
  expect(recorded("day")).toEqual([
    ["2026-01-10", 0.75],
    ["2026-01-11", 0.25],
  ]);
  expect(recorded("model")).toContainEqual(["gpt", 0.25]);
  expect(told("--since", "2026-01-11").total.costRecorded).toBe(0.25);
});
