import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { FileEngine } from "../../src/engine/file/file-engine.ts";
import { sqlite } from "../../src/engine/file/sqlite.ts";
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

test("while the full text is built, listings and saves have their turn, here and elsewhere", async () => {
  const directory = place();
  const [id] = await large(directory);
  if (id === undefined) throw new Error("no session");
  const engine = new FileEngine(directory);
  onTestFinished(() => engine.close());
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
