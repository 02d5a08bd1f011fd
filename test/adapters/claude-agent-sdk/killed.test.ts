import { expect, test } from "vitest";
import { claudeSessionId, claudeSessionStore } from "../../../src/adapters/claude-agent-sdk/index.ts";
import { SessionStore } from "../../../src/index.ts";
import { temporaryDirectory } from "../../file/temporary-store.ts";
import { linesUntilKilled } from "../kill.ts";

const program = new URL("append-process.ts", import.meta.url);

test("kill -9: every entry that the SDK was told is stored is stored, and the retry of one doubles nothing", async () => {
  const directory = temporaryDirectory();
  const key = { projectKey: "killed", sessionId: "s" };
  const subkey = { ...key, subpath: "subagents/agent-1" };
  const told: string[] = [];
  for (const lines of [1, 7, 30, 61])
    told.push(...(await linesUntilKilled(program, [directory, "s"], lines)));
  await using store = new SessionStore(directory);
  const transcripts = claudeSessionStore(store);
  const [main, sub] = [(await transcripts.load(key)) ?? [], (await transcripts.load(subkey)) ?? []];
  const stored = [...main, ...sub].map(({ uuid }) => uuid ?? "");
  expect(told.filter((uuid) => !stored.includes(uuid))).toEqual([]);
  // Each killed process may have stored one more entry than it could tell.
  expect(stored.length - told.length).toBeLessThanOrEqual(4);
  await transcripts.append(key, main);
  await transcripts.append(subkey, sub);
  expect(await transcripts.load(key)).toEqual(main);
  expect(await transcripts.load(subkey)).toEqual(sub);
  expect(await store.verify(claudeSessionId(key))).toMatchObject({ state: "ok" });
});
