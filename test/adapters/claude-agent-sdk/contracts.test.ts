import { randomUUID } from "node:crypto";
import type { SessionStoreEntry } from "@anthropic-ai/claude-agent-sdk";
import { expect, test } from "vitest";
import { claudeSessionId, claudeSessionStore } from "../../../src/adapters/claude-agent-sdk/index.ts";
import { nextMillisecond } from "../../../src/conformance/samples.ts";
import type { SessionStore } from "../../../src/index.ts";
import { describeOnEachEngine } from "../each-engine.ts";

const key = { projectKey: "-home-ada-project", sessionId: "s-1" };
const entry = (text: string, more: object = {}): SessionStoreEntry => ({
  type: "user",
  uuid: randomUUID(),
  timestamp: "2026-11-22T10:00:00.123Z",
  message: { role: "user", content: text },
  ...more,
});

/** The contracts of a session store, as the SDK's types and the suite of its Python sister have them. */
describeOnEachEngine("the contracts of a Claude session store", (place) => {
  test("load gives what was appended, deep-equal and in order", async () => {
    const store = claudeSessionStore(place.open());
    const entries: SessionStoreEntry[] = [
      { type: "summary", summary: "unset", leafUuid: "x", nested: [{ ключ: [null, 1.5e300, -0, true] }] },
      entry("straße \u0000 \ud83d\ude00"),
      {
        type: "assistant",
        uuid: "u",
        message: { id: "msg_1", role: "assistant", content: [{ type: "text", text: "" }] },
      },
      { type: "user", uuid: 7 as unknown as string, timestamp: "yesterday", message: "no object" },
      { type: "user", message: { role: "claude-code:x", content: "odd role" } },
      {
        type: "x",
        role: "user",
        content: "looks like a message",
        id: "i",
        at: "a",
        record: { message: {} },
      },
      JSON.parse('{"type":"odd","__proto__":{"a":1},"constructor":2}') as SessionStoreEntry,
    ];
    await store.append(key, entries.slice(0, 3));
    await store.append(key, entries.slice(3));
    expect(await store.load(key)).toEqual(entries);
    expect(JSON.stringify(await store.load(key))).toContain("__proto__");
  });

  test("a key that was never written is null", async () => {
    expect(await claudeSessionStore(place.open()).load(key)).toBeNull();
  });

  test("many appends that are not waited for are stored in the order of the calls", async () => {
    const store = claudeSessionStore(place.open());
    const entries = Array.from({ length: 60 }, (_, index) => entry(String(index)));
    await Promise.all(entries.map((one) => store.append(key, [one])));
    expect(await store.load(key)).toEqual(entries);
  });

  test("append of nothing creates no session", async () => {
    const open = (): SessionStore => place.open();
    const store = claudeSessionStore(open());
    await store.append(key, []);
    expect(await store.load(key)).toBeNull();
    expect(await store.listSessions(key.projectKey)).toEqual([]);
    expect(await open().list()).toEqual([]);
  });

  test("an entry with a uuid is stored once, one without as often as it is given", async () => {
    const open = (): SessionStore => place.open();
    const store = claudeSessionStore(open());
    const [a, b] = [entry("a"), entry("b")];
    const mode = { type: "mode", mode: "plan" };
    await store.append(key, [a, a]);
    await store.append(key, [mode]);
    await store.append(key, [mode]);
    await store.append(key, [a, b]);
    expect(await store.load(key)).toEqual([a, mode, mode, b]);
    // As another process would.
    await claudeSessionStore(open()).append(key, [b, a]);
    expect(await store.load(key)).toEqual([a, mode, mode, b]);
  });

  test("an empty uuid is none: entries with one are as many as were given", async () => {
    const open = (): SessionStore => place.open();
    const nameless = [entry("a", { uuid: "" }), entry("b", { uuid: "" }), entry("a", { uuid: "" })];
    await claudeSessionStore(open()).append(key, nameless);
    await claudeSessionStore(open()).append(key, nameless.slice(1));
    expect(await claudeSessionStore(open()).load(key)).toEqual([...nameless, ...nameless.slice(1)]);
  });

  test("a batch that is sent again is not stored again, not even what of it has no uuid", async () => {
    const open = (): SessionStore => place.open();
    const batch = [entry("a"), { type: "mode", mode: "plan" }, entry("b")];
    await claudeSessionStore(open()).append(key, batch);
    await claudeSessionStore(open()).append(key, batch);
    expect(await claudeSessionStore(open()).load(key)).toEqual(batch);
  });

  test("two stores that take turns, and retry each other's entries, lose and double nothing", async () => {
    const open = (): SessionStore => place.open();
    const [one, other] = [claudeSessionStore(open()), claudeSessionStore(open())];
    const entries = Array.from({ length: 20 }, (_, index) => entry(String(index)));
    for (const [index, item] of entries.entries()) {
      await (index % 2 === 0 ? one : other).append(key, [item]);
      await (index % 2 === 0 ? other : one).append(key, [item]);
    }
    const more = Array.from({ length: 20 }, (_, index) => entry(`together ${index}`));
    await Promise.all(more.flatMap((item) => [one.append(key, [item]), other.append(key, [item])]));
    const loaded = await one.load(key);
    expect(loaded).toHaveLength(40);
    expect(loaded?.slice(0, 20)).toEqual(entries);
    expect(new Set(loaded?.map(({ uuid }) => uuid)).size).toBe(40);
    expect(await other.load(key)).toEqual(loaded);
  });

  test("keys that could be mistaken for one another are sessions of their own", async () => {
    const store = claudeSessionStore(place.open());
    const keys = [
      key,
      { projectKey: "other", sessionId: "s-1" },
      { ...key, subpath: "subagents/agent-1" },
      { ...key, subpath: "subagents/agent-2" },
      { projectKey: key.projectKey, sessionId: "s-1/subagents/agent-1" },
      { projectKey: "-home-ada", sessionId: "project/s-1" },
      { projectKey: "../../etc", sessionId: '","' },
      { projectKey: "\ud800", sessionId: "\u0000" },
    ];
    expect(new Set(keys.map(claudeSessionId)).size).toBe(keys.length);
    for (const [index, one] of keys.entries()) await store.append(one, [{ type: "n", index }]);
    for (const [index, one] of keys.entries()) expect(await store.load(one)).toEqual([{ type: "n", index }]);
  });

  test("a key with an empty part is refused", async () => {
    const store = claudeSessionStore(place.open());
    for (const bad of [
      { ...key, subpath: "" },
      { ...key, sessionId: "" },
      { ...key, projectKey: "" },
    ])
      await expect(store.append(bad, [entry("x")])).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  test("a batch with something that is no entry is refused whole", async () => {
    const store = claudeSessionStore(place.open());
    for (const bad of ["text", null, [1], { type: "x", when: new Date() }])
      await expect(store.append(key, [entry("a"), bad as never])).rejects.toMatchObject({
        code: "INVALID_MESSAGE",
      });
    expect(await store.load(key)).toBeNull();
  });

  test("the sessions of a project: main transcripts only, with the time of the last append in milliseconds", async () => {
    const store = claudeSessionStore(place.open());
    const before = Date.now();
    await store.append(key, [entry("long ago", { timestamp: "2001-01-01T00:00:00Z" })]);
    await store.append({ ...key, subpath: "subagents/agent-1" }, [entry("sub")]);
    await store.append({ ...key, sessionId: "s-2" }, [entry("two")]);
    await store.append({ projectKey: "other", sessionId: "s-3" }, [entry("three")]);
    const listed = await store.listSessions(key.projectKey);
    expect(listed.map(({ sessionId }) => sessionId).sort()).toEqual(["s-1", "s-2"]);
    for (const { mtime } of listed) {
      expect(Number.isInteger(mtime)).toBe(true);
      expect(mtime).toBeGreaterThanOrEqual(before);
      expect(mtime).toBeLessThanOrEqual(Date.now());
    }
    expect(await store.listSessions("nobody")).toEqual([]);
  });

  test("an append moves the time on, in the list and in the summary alike", async () => {
    const store = claudeSessionStore(place.open());
    await store.append(key, [entry("a")]);
    const [first] = await store.listSessions(key.projectKey);
    await nextMillisecond();
    await store.append(key, [entry("b")]);
    const [second] = await store.listSessions(key.projectKey);
    expect(second?.mtime).toBeGreaterThan(first?.mtime ?? Infinity);
    expect(await store.listSessionSummaries(key.projectKey)).toMatchObject([{ mtime: second?.mtime }]);
  });

  test("subkeys of a session: its own, not another's", async () => {
    const store = claudeSessionStore(place.open());
    await store.append(key, [entry("main")]);
    const subpaths = ["subagents/agent-1", "subagents/workflows/w/agent-2"];
    for (const subpath of subpaths) await store.append({ ...key, subpath }, [entry(subpath)]);
    await store.append({ ...key, sessionId: "s-2", subpath: "subagents/agent-3" }, [entry("x")]);
    expect((await store.listSubkeys(key)).sort()).toEqual(subpaths);
    expect(await store.listSubkeys({ ...key, sessionId: "none" })).toEqual([]);
  });

  test("deleting a session deletes its sub-agents, deleting a sub-agent only that", async () => {
    const open = (): SessionStore => place.open();
    const store = claudeSessionStore(open());
    const [one, two] = ["subagents/agent-1", "subagents/agent-2"].map((subpath) => ({ ...key, subpath }));
    const other = { ...key, sessionId: "s-2" };
    for (const each of [key, one, two, other]) await store.append(each ?? key, [entry("x")]);
    await store.delete(one ?? key);
    expect(await store.listSubkeys(key)).toEqual(["subagents/agent-2"]);
    expect(await store.load(key)).toHaveLength(1);
    await store.delete(key);
    expect(await store.load(key)).toBeNull();
    expect(await store.load(two ?? key)).toBeNull();
    expect(await store.listSubkeys(key)).toEqual([]);
    expect((await store.listSessions(key.projectKey)).map(({ sessionId }) => sessionId)).toEqual(["s-2"]);
    await store.delete(key);
    // Deleted is forgotten: the same entry may be appended again, by whoever appended it before.
    const again = entry("again");
    await store.append(other, [again]);
    await claudeSessionStore(open()).delete(other);
    await store.append(other, [again]);
    expect(await store.load(other)).toEqual([again]);
  });
});
