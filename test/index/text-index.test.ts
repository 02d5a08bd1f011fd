import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { FileEngine } from "../../src/engine/file/file-engine.ts";
import { sqlite } from "../../src/sqlite.ts";
import { Message } from "../../src/session/message.ts";
import { newSessionId, type SessionId } from "../../src/session/session-id.ts";
import { elsewhere, filled } from "./store-fixture.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

function place(): string {
  const directory = temporaryDirectory();
  onTestFinished(() => directory[Symbol.dispose]());
  return join(directory.path, "sessions");
}

/** In how many pieces the full text lies. */
function pieces(directory: string): number {
  const { DatabaseSync } = sqlite();
  const database = new DatabaseSync(join(directory, "index.sqlite"), { readOnly: true });
  try {
    const row = database.prepare("SELECT count(DISTINCT segid) AS count FROM text_idx").get();
    return row?.["count"] as number;
  } finally {
    database.close();
  }
}

/** A store with so much text that its index is not built at once. */
async function large(directory: string): Promise<SessionId[]> {
  const ids: SessionId[] = [];
  const engine = new FileEngine(directory);
  for (let session = 0; session < 30; session++) {
    const id = newSessionId();
    const words = Array.from({ length: 30_000 }, (_, at) => `w${(at * 7919 + session) % 50_000}`).join(" ");
    await engine.commit(id, { base: 0, splice: [0, 0, [Message.user(words), Message.user("needle")]] });
    ids.push(id);
  }
  await engine.close();
  for (const name of readdirSync(directory))
    if (name.startsWith("index.sqlite")) rmSync(join(directory, name));
  return ids;
}

test("what each search has taken in is merged: the full text does not fall to pieces", async () => {
  const directory = place();
  const [id] = await filled(directory, 3);
  if (id === undefined) throw new Error("no session");
  const engine = new FileEngine(directory);
  onTestFinished(() => engine.close());
  for (let round = 0; round < 40; round++) {
    await engine.commit(id, { splice: ["end", 0, [Message.user(`word${round} often`)]] });
    expect(await engine.search({ text: `word${round}` })).toHaveLength(1);
  }
  expect(pieces(directory)).toBeLessThan(10);
  expect(await engine.search({ text: "often", limit: 100 })).toHaveLength(40);
});

/** How many rows the full text has, and how many of them are nobody's. */
function rows(directory: string): { all: number; left: number } {
  const { DatabaseSync } = sqlite();
  const database = new DatabaseSync(join(directory, "index.sqlite"), { readOnly: true });
  try {
    const count = "SELECT count(*) AS 'all', count(*) FILTER (WHERE session = 0) AS left FROM messages";
    return database.prepare(count).get() as { all: number; left: number };
  } finally {
    database.close();
  }
}

/** A session of numbered messages, more than are moved or removed at a time. */
async function numbered(engine: FileEngine, count: number): Promise<SessionId> {
  const id = newSessionId();
  const messages = Array.from({ length: count }, (_, at) => Message.user(`number${at} of all`));
  await engine.commit(id, { base: 0, splice: [0, 0, messages] });
  return id;
}

test("what a summary has replaced is not found again, and leaves nothing in the full text", async () => {
  const directory = place();
  const engine = new FileEngine(directory);
  onTestFinished(() => engine.close());
  const id = await numbered(engine, 2500);
  expect(await engine.search({ text: "all", limit: 500 })).toHaveLength(500);
  await engine.commit(id, { base: 1, splice: [0, 2490, [Message.user("summary of all")]] });
  // What is left for a while takes no place among so many.
  const found = (await engine.search({ text: "all", limit: 11 })).map(({ position }) => position);
  expect(found.sort((a = 0, b = 0) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  const { all, left } = rows(directory);
  expect(left).toBeGreaterThan(0);
  expect(all - left).toBe(11);
  // They go when nobody has searched for a while.
  while (rows(directory).left > 0) await setTimeout(20);
  expect(rows(directory).all).toBe(11);
  expect(await engine.search({ text: "all", limit: 500 })).toHaveLength(11);
});

test("what is put in or taken out before many messages moves each of them once", async () => {
  const engine = new FileEngine(place());
  onTestFinished(() => engine.close());
  const id = await numbered(engine, 4500);
  const positions = async (): Promise<unknown[]> => {
    const numbers = [1500, 2499, 2500, 3499, 3500, 4499];
    const found = await Promise.all(numbers.map((at) => engine.search({ text: `number${at}` })));
    return found.map(([hit]) => hit?.position);
  };
  expect(await positions()).toEqual([1500, 2499, 2500, 3499, 3500, 4499]);
  await engine.commit(id, {
    base: 1,
    splice: [100, 0, Array.from({ length: 3 }, () => Message.user("put in"))],
  });
  expect(await positions()).toEqual([1503, 2502, 2503, 3502, 3503, 4502]);
  await engine.commit(id, { base: 2, splice: [0, 1500, [Message.user("taken out")]] });
  expect(await positions()).toEqual([4, 1003, 1004, 2003, 2004, 3003]);
});

test("while the full text is built, listings and saves have their turn, here and elsewhere", async () => {
  const directory = place();
  const [id] = await large(directory);
  if (id === undefined) throw new Error("no session");
  const engine = new FileEngine(directory);
  onTestFinished(() => engine.close());
  // Time runs faster here, so that the fastest machine does not build it before anybody's turn has come.
  const begun = performance.now();
  const now = performance.now.bind(performance);
  const clock = vi.spyOn(performance, "now").mockImplementation(() => begun + 20 * (now() - begun));
  onTestFinished(() => clock.mockRestore());
  let isBuilt = false;
  const searched = engine.search({ text: "needle", limit: 100 }).finally(() => (isBuilt = true));
  let rounds = 0;
  for (; !isBuilt; rounds++) {
    const title = `round ${rounds}`;
    await engine.commit(id, { set: { title } });
    expect((await engine.list({ limit: 1 })).sessions[0]?.title).toBe(title);
    if (rounds === 0)
      elsewhere(`
      const engine = new FileEngine(${JSON.stringify(directory)});
      await engine.commit(${JSON.stringify(newSessionId())}, { base: 0, splice: [0, 0, [Message.user("needle")]] });
      await engine.list({});
      await engine.close();`);
  }
  expect(rounds).toBeGreaterThan(1);
  await searched;
  expect(await engine.search({ text: "needle", limit: 100 })).toHaveLength(31);
});

test("a search answers while other sessions are written to without a pause", async () => {
  const directory = place();
  const engine = new FileEngine(directory);
  onTestFinished(() => engine.close());
  const [sought, ...written] = await filled(directory, 5);
  if (sought === undefined) throw new Error("no session");
  await engine.commit(sought, { splice: ["end", 0, [Message.user("needle")]] });
  let isFound = false;
  const writers = written.map(async (id) => {
    while (!isFound) {
      await engine.commit(id, { splice: ["end", 0, [Message.user("hay ".repeat(500))]] }, "process");
    }
  });
  const hits = await engine.search({ text: "needle" }).finally(() => (isFound = true));
  await Promise.all(writers);
  expect(hits.map(({ id }) => id)).toEqual([sought]);
});
