import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FileEngine, Message, newSessionId, SessionStore } from "../../src/index.ts";
import { temporaryDirectory } from "./temporary-store.ts";

test("what the trash says of its lives is what the journal loses when they go", async () => {
  const directory = temporaryDirectory();
  const engine = new FileEngine(directory);
  await using store = new SessionStore(engine, { closeEngine: true });
  const id = newSessionId();
  const journal = join(directory, `${id}.journal.jsonl`);
  for (const text of ["first", "second, which is longer", "third"]) {
    await store.commit(id, { base: 0, splice: ["end", 0, [Message.user(text.repeat(50))]] });
    await store.delete(id, { trash: true });
  }
  const lives = await store.trashed();
  expect(lives).toHaveLength(3);
  const size = statSync(journal).size;
  // All but what says whose journal it is.
  expect(lives.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(size);
  const [latest, ...earlier] = lives;
  await store.emptyTrash(latest?.removedAt);
  const expected = latest === undefined ? 0 : latest.bytes;
  const went = size - statSync(journal).size;
  const told = earlier.reduce((sum, { bytes }) => sum + bytes, 0);
  expect((await store.trashed()).map(({ messageCount }) => messageCount)).toEqual([1]);
  // A header of its own begins what stays.
  expect(Math.abs(told - went)).toBeLessThan(300);
  expect(expected).toBeGreaterThan(0);
  const dry = await store.vacuum({ trash: true, dryRun: true });
  expect(dry.trash.map(({ bytes }) => bytes)).toEqual([statSync(journal).size]);
  await store.vacuum({ trash: true });
  expect(existsSync(journal)).toBe(false);
});
