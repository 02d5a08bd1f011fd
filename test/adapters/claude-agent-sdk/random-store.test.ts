import {
  InMemorySessionStore,
  type SessionKey,
  type SessionStore as ClaudeSessionStore,
  type SessionStoreEntry,
} from "@anthropic-ai/claude-agent-sdk";
import { expect, test } from "vitest";
import { claudeSessionStore } from "../../../src/adapters/claude-agent-sdk/index.ts";
import { Random } from "../../crash/simulation/random.ts";
import { describeOnEachEngine } from "../each-engine.ts";

const STEPS = 800;
const PROJECT = "-home-ada";
const KEYS: SessionKey[] = ["s-1", "s-2", "s-3"].flatMap((sessionId) => [
  { projectKey: PROJECT, sessionId },
  { projectKey: PROJECT, sessionId, subpath: "subagents/agent-1" },
  { projectKey: PROJECT, sessionId, subpath: "subagents/agent-2" },
]);

/** Entries as Claude Code writes them; each with a uuid is another one. */
function entry(random: Random, number: number): SessionStoreEntry {
  const uuid = `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
  const timestamp = new Date(1_790_000_000_000 + number).toISOString();
  const content = random.pick<unknown>([
    `text ${number}`,
    [{ type: "text", text: "naïve \ud83d\ude00" }],
    "",
  ]);
  return random.pick<SessionStoreEntry>([
    { type: "user", uuid, timestamp, cwd: "/w", message: { role: "user", content } },
    { type: "assistant", uuid, timestamp, message: { role: "assistant", model: "m", content } },
    { type: "user", uuid: "", timestamp, message: { role: "user", content } },
    { type: "mode", mode: "plan" },
    { type: "summary", summary: `summary ${number}`, leafUuid: uuid },
    { type: "custom-title", customTitle: `title ${number}`, sessionId: "s" },
    { type: "tag", tag: random.pick(["a", "b", ""]), sessionId: "s" },
    { type: "progress", uuid, nested: [{ deep: [null, 1.5e300, number] }] },
  ]);
}

/** What a store says of everything, but for its clock. */
async function everything(store: Required<ClaudeSessionStore>): Promise<unknown> {
  const byId = (one: { sessionId: string }, other: { sessionId: string }): number =>
    one.sessionId < other.sessionId ? -1 : 1;
  const summaries = await store.listSessionSummaries(PROJECT);
  return {
    entries: await Promise.all(KEYS.map((key) => store.load(key))),
    sessions: (await store.listSessions(PROJECT)).map(({ sessionId }) => sessionId).sort(),
    summaries: summaries.map(({ sessionId, data }) => ({ sessionId, data })).sort(byId),
    subkeys: await Promise.all(
      ["s-1", "s-2", "s-3"].map(async (sessionId) =>
        (await store.listSubkeys({ projectKey: PROJECT, sessionId })).sort(),
      ),
    ),
  };
}

describeOnEachEngine("beside the SDK's own store", (place) => {
  test(`${STEPS} random appends, repeated appends and removals, by two processes in turn: equal after each`, async () => {
    const random = new Random(21);
    const stores = [claudeSessionStore(place.open()), claudeSessionStore(place.open())] as const;
    const sdk = new InMemorySessionStore();
    const sent = new Map<SessionKey, SessionStoreEntry[][]>();
    for (let step = 0; step < STEPS; step++) {
      const store = random.pick(stores);
      const key = random.pick(KEYS);
      const before = sent.get(key) ?? [];
      // What has a uuid is stored once, however often it is sent; the SDK's own store leaves that to others.
      const repeatable = before.filter((batch) =>
        batch.some(({ uuid }) => typeof uuid === "string" && uuid !== ""),
      );
      if (random.chance(0.04)) {
        await Promise.all([store.delete(key), sdk.delete(key)]);
        for (const other of KEYS)
          if (other === key || (key.subpath === undefined && other.sessionId === key.sessionId))
            sent.delete(other);
      } else if (repeatable.length > 0 && random.chance(0.2)) {
        await store.append(key, random.pick(repeatable));
      } else {
        const batch = Array.from({ length: 1 + random.below(4) }, (_, index) =>
          entry(random, step * 10 + index),
        );
        sent.set(key, [...before, batch]);
        await Promise.all([store.append(key, batch), sdk.append(key, batch)]);
      }
      const reader = random.pick(stores);
      const where = `step ${step}`;
      expect(await reader.load(key), where).toEqual(await sdk.load(key));
      // The rest, which the step must not have touched.
      if (step % 10 === 9) expect(await everything(reader), where).toEqual(await everything(sdk));
    }
  });
});
