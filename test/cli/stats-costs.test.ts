import { expect, test } from "vitest";
import { Message, SessionStore } from "../../src/index.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";
import { run, runJson } from "./run.ts";

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

test("what an agent recorded and what the text comes to are told by two names", async () => {
  const directory = temporaryDirectory();
  const store = new SessionStore(directory);
  const tokens = [["2026-01-10T10", "opus", 1000, 20, 0, 0, 0]];
  await store.commit("aaaa1111-0000-4000-8000-000000000000", {
    base: 0,
    splice: [0, 0, [Message.user("a few words of text")]],
    set: { tokenCount: 5, extra: { usage: { tokens } } },
  });
  await store.close();
  const { out } = run(directory, "show", "latest");
  expect(out).toMatch(/^ {2}tokens +1,000 in, 20 out$/m);
  expect(out).toMatch(/^ {2}text +about 5 tokens$/m);
});
