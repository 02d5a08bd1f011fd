import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SessionStore } from "../../src/index.ts";
import { newSessionId } from "../../src/session/session-id.ts";
import { run, runJson } from "./run.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "astrid-zone-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true, force: true });
});

/** One session at half past eleven in the evening of the first, one two hours later, by the clocks of New York. */
async function twoSessions(): Promise<readonly [string, string]> {
  await using store = new SessionStore(directory);
  const ids = [newSessionId(), newSessionId()] as const;
  const commit = (at: string): Parameters<SessionStore["commit"]>[1] => ({
    ...{ base: 0, at, splice: [0, 0, [{ role: "user", content: "ninepins" }]] },
    set: { createdAt: at },
  });
  await store.commit(ids[0], commit("2026-11-02T04:30:00.000Z"));
  await store.commit(ids[1], commit("2026-11-02T06:30:00.000Z"));
  return ids;
}

test("a date without a time zone is one of this place, for every command that takes one", async () => {
  const [evening, night] = await twoSessions();
  const found = (verb: readonly string[], ...options: readonly string[]): string[] => {
    const { json } = runJson(directory, ...verb, ...options);
    const list = (json.sessions ?? json.hits) as readonly { id?: string; sessionId?: string }[];
    return list.map((one) => one.id ?? one.sessionId ?? "").sort();
  };
  vi.stubEnv("TZ", "America/New_York");
  for (const verb of [["list"], ["search", "ninepins"]]) {
    expect(found(verb, "--since", "2026-11-02"), verb[0]).toEqual([night]);
    expect(found(verb, "--until", "2026-11-02"), verb[0]).toEqual([evening]);
    expect(found(verb, "--since", "2026-11-02T00:00Z"), verb[0]).toEqual([evening, night].sort());
    expect(found(verb, "--since", "2026-11-02T00:00"), verb[0]).toEqual([night]);
  }
  const { since, zone } = runJson(directory, "stats", "--since", "2026-11-02").json;
  expect({ since, zone }).toEqual({ since: "2026-11-02T05:00:00.000Z", zone: "America/New_York (UTC−5)" });
  // What is shown goes by the same rule.
  expect(run(directory, "show", evening).out).toContain("2026-11-01");
  vi.stubEnv("TZ", "UTC");
  for (const verb of [["list"], ["search", "ninepins"]])
    expect(found(verb, "--since", "2026-11-02"), verb[0]).toEqual([evening, night].sort());
});
