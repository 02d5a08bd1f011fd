import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { OWN_KEYS } from "../../src/engine/file/checkpoint/checkpoint-layout.ts";
import { AgentSession, Message, SessionStore, type Json, type SessionId } from "../../src/index.ts";
import {
  checkpointPath,
  journalPath,
  openStore,
  storedSession,
  temporaryDirectory,
} from "./temporary-store.ts";

async function itemsOf(store: SessionStore, id: SessionId, list?: string): Promise<Json[]> {
  const items: Json[] = [];
  for await (const { item } of store.sideItems(id, { list })) items.push(item);
  return items;
}

/** A closed session with a checkpoint that holds `a` and `b`, and `c` in the journal behind it. */
async function withLists(directory: string): Promise<SessionId> {
  const id = await storedSession(directory, 2);
  await using store = new SessionStore(directory);
  await store.commit(id, { side: { steps: ["a"], writes: ["b"] } });
  await store.checkpoint(id);
  await store.commit(id, { splice: ["end", 0, [Message.user("last")]], side: { steps: ["c"] } });
  return id;
}

function documentOf(directory: string, id: SessionId): Record<string, unknown> {
  return JSON.parse(readFileSync(checkpointPath(directory, id), "utf8")) as Record<string, unknown>;
}

test("the first item of a session is one more line of its journal", async () => {
  const directory = temporaryDirectory();
  const id = await storedSession(directory, 3);
  const before = readFileSync(journalPath(directory, id), "utf8");
  const { store, reports } = openStore(directory);
  const other = openStore(directory).store;
  await other.append(id, [Message.user("of another store")]);
  await store.commit(id, { side: { steps: [1] } });
  await other.append(id, [Message.user("of another store, after it")]);
  await store.commit(id, { side: { steps: [2] } });
  await store.checkpoint(id);
  expect(readFileSync(journalPath(directory, id), "utf8").startsWith(before)).toBe(true);
  expect((await store.load(id))?.messages.length).toBe(5);
  expect(await itemsOf(other, id)).toEqual([1, 2]);
  expect(await store.verify(id)).toMatchObject({ state: "ok" });
  expect(reports).toEqual([]);
});

test("a session may have side lists and no messages", async () => {
  const directory = temporaryDirectory();
  const id = new AgentSession({}).id;
  const { store } = openStore(directory);
  await store.commit(id, { base: 0, side: { steps: [1] } });
  await store.checkpoint(id);
  expect(documentOf(directory, id)).toMatchObject({ messages: [], side_lists: [["steps", 1]] });
});

describe("side lists survive", () => {
  test("the loss of the journal, as far as the checkpoint goes", async () => {
    const directory = temporaryDirectory();
    const id = await withLists(directory);
    await openStore(directory).store.checkpoint(id);
    rmSync(journalPath(directory, id));
    const { store } = openStore(directory);
    expect(await itemsOf(store, id)).toEqual(["a", "b", "c"]);
    await store.commit(id, { side: { steps: ["d"] } });
    expect(await itemsOf(store, id)).toEqual(["a", "b", "c", "d"]);
  });

  test.each(['"a"', '"sections":"0', '"side_lists"'])("damage of the checkpoint at %s", async (place) => {
    const directory = temporaryDirectory();
    const id = await withLists(directory);
    const path = checkpointPath(directory, id);
    const text = readFileSync(path, "utf8");
    expect(text).toContain(place);
    writeFileSync(
      path,
      text.replace(place, (found) => `${found.slice(0, -2)}_${found.slice(-1)}`),
    );
    const { store } = openStore(directory);
    expect(await itemsOf(store, id)).toEqual(["a", "b", "c"]);
    expect((await store.load(id))?.messages.length).toBe(3);
    await store.commit(id, { side: { steps: ["d"] } });
    await store.checkpoint(id);
    expect(await itemsOf(store, id)).toEqual(["a", "b", "c", "d"]);
    expect(documentOf(directory, id)["side_lists"]).toHaveLength(4);
  });

  test("a journal that cannot be followed: repair keeps what both files have", async () => {
    const directory = temporaryDirectory();
    const id = await withLists(directory);
    const { store: writer } = openStore(directory);
    for (const step of ["d", "e"]) await writer.commit(id, { side: { steps: [step] } });
    const path = journalPath(directory, id);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace('"items":["d"]', '"items":["x"]'));
    const { store } = openStore(directory);
    await expect(store.load(id)).rejects.toMatchObject({ code: "CORRUPT_SESSION" });
    await expect(itemsOf(store, id)).rejects.toMatchObject({ code: "CORRUPT_SESSION" });
    await store.repair(id);
    expect(await itemsOf(store, id)).toEqual(["a", "b", "c", "e"]);
    expect((await store.load(id))?.messages.length).toBe(3);
  });

  test("Astrid's saving the document: its change counts, the lists are the journal's", async () => {
    const directory = temporaryDirectory();
    const id = await withLists(directory);
    const path = checkpointPath(directory, id);
    const { messages, ...document } = documentOf(directory, id);
    const astrids = Object.fromEntries(Object.entries(document).filter(([key]) => !OWN_KEYS.has(key)));
    const more = [...(messages as Json[]), { role: "user", content: "from Astrid" }];
    writeFileSync(path, JSON.stringify({ ...astrids, messages: more }, undefined, 2));
    const { store, reports } = openStore(directory);
    expect(await itemsOf(store, id)).toEqual(["a", "b", "c"]);
    const session = await store.load(id);
    expect(session?.messages.at(-1)?.content).toBe("from Astrid");
    expect(reports.map(({ kind }) => kind)).toContain("foreign-change");
    await store.commit(id, { side: { steps: ["d"] } });
    await store.checkpoint(id);
    expect(documentOf(directory, id)["side_lists"]).toEqual([
      ["steps", "a"],
      ["writes", "b"],
      ["steps", "c"],
      ["steps", "d"],
    ]);
    expect(await itemsOf(store, id)).toEqual(["a", "b", "c", "d"]);
  });

  test("an edit of the document by hand without a journal", async () => {
    const directory = temporaryDirectory();
    const id = await withLists(directory);
    rmSync(journalPath(directory, id));
    const document = documentOf(directory, id);
    writeFileSync(checkpointPath(directory, id), JSON.stringify({ ...document, system_prompt: "edited" }));
    const { store } = openStore(directory);
    expect(await itemsOf(store, id)).toEqual(["a", "b", "c"]);
    await store.commit(id, { side: { steps: ["d"] } });
    expect((await itemsOf(store, id)).sort()).toEqual(["a", "b", "c", "d"]);
    expect((await store.load(id))?.systemPrompt).toBe("edited");
  });

  test("a fork, at the current and at an earlier revision", async () => {
    const directory = temporaryDirectory();
    const id = await withLists(directory);
    const { store } = openStore(directory);
    const stepsAt = async (revision?: number): Promise<Json[]> =>
      await itemsOf(store, (await store.fork(id, { revision })).id, "steps");
    expect(await stepsAt()).toEqual(["a", "c"]);
    expect(await stepsAt(3)).toEqual(["a"]);
    expect(await stepsAt(2)).toEqual([]);
  });
});

test("a turn costs a turn: a commit's cost does not grow with the lists", async () => {
  const directory = temporaryDirectory();
  const { store } = openStore(directory);
  const id = new AgentSession({}).id;
  await store.commit(id, { base: 0, side: { steps: ["x".repeat(4 << 20)] } });
  await store.checkpoint(id);
  const before = statSync(journalPath(directory, id)).size;
  for (let n = 0; n < 10; n++) await store.commit(id, { side: { steps: [n] } });
  expect(statSync(journalPath(directory, id)).size - before).toBeLessThan(10 * 300);
});
