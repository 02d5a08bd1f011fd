import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../../src/index.ts";
import { encodeSeal } from "../../../src/engine/file/journal/record/encode-record.ts";

const directories: string[] = [];

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

async function threeTurns(): Promise<{ directory: string; id: string; journal: string }> {
  const directory = mkdtempSync(join(tmpdir(), "astrid-sessions-torn-"));
  directories.push(directory);
  const store = new SessionStore(directory);
  const session = new AgentSession({ messages: [Message.user("one")] });
  await store.save(session);
  await store.checkpoint(session.id);
  for (const text of ["two", "three"]) await store.append(session.id, [Message.user(text)]);
  // As the files are before the store is closed: the checkpoint covers the first turn only.
  const copy = `${directory}-copy`;
  directories.push(copy);
  cpSync(directory, copy, { recursive: true });
  await store.close();
  return { directory: copy, id: session.id, journal: join(copy, `${session.id}.journal.jsonl`) };
}

async function contents(directory: string, id: string): Promise<unknown[] | undefined> {
  const store = new SessionStore(directory);
  const session = await store.load(id);
  await store.close();
  return session?.messages.map(({ content }) => content);
}

test("a record that lacks nothing but its newline stays torn when the next one is written", async () => {
  const { directory, id, journal } = await threeTurns();
  const bytes = readFileSync(journal);
  truncateSync(journal, bytes.lastIndexOf("}\n") + 1);
  expect(await contents(directory, id)).toEqual(["one", "two"]);
  const store = new SessionStore(directory);
  const { revision } = await store.append(id, [Message.user("four")]);
  expect(revision).toBe(3);
  expect((await store.summary(id))?.messageCount).toBe(3);
  await store.close();
  expect(await contents(directory, id)).toEqual(["one", "two", "four"]);
});

test("records between torn bytes and a seal that came late count, from the front and from the end", async () => {
  const { directory, id, journal } = await threeTurns();
  const bytes = readFileSync(journal);
  // Torn bytes, and their seal, which two writers that do not see each other's lock both write.
  const torn = Buffer.from('{"crc":"torn');
  const lastLine = bytes.lastIndexOf("\n", bytes.length - 2) + 1;
  const from = lastLine;
  const seal = encodeSeal(from, from + torn.length);
  truncateSync(journal, lastLine);
  appendFileSync(journal, Buffer.concat([torn, seal, bytes.subarray(lastLine), seal]));
  expect(await contents(directory, id)).toEqual(["one", "two", "three"]);
  const store = new SessionStore(directory);
  expect((await store.append(id, [Message.user("four")])).revision).toBe(4);
  await store.close();
  expect(await contents(directory, id)).toEqual(["one", "two", "three", "four"]);
});
