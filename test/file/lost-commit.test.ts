import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { checkpointPath, journalPath, openStore, temporaryDirectory } from "./temporary-store.ts";

/** The record of a text reads as zeros, as after a power cut that lost its block; what was written behind it arrived. */
function loseRecordOf(path: string, text: string): void {
  const bytes = readFileSync(path);
  const found = bytes.indexOf(text);
  const begin = bytes.lastIndexOf("\n", found) + 1;
  writeFileSync(path, bytes.fill(0, begin, bytes.indexOf("\n", found)));
}

test("power is cut while a removal is synced, and takes a commit before it that never was: neither has happened", async () => {
  const directory = temporaryDirectory();
  const session = new AgentSession({ messages: [Message.user("first")] });
  const { id } = session;
  const path = journalPath(directory, id);
  {
    await using store = new SessionStore(directory);
    await store.save(session);
    await store.append(id, [Message.user("second")]);
  }
  // It is removed only when the tombstone is synced.
  const document = readFileSync(checkpointPath(directory, id));
  {
    await using store = new SessionStore(directory, { durability: "process" });
    await store.append(id, [Message.user("third")]);
    await store.delete(id, { trash: true });
  }
  writeFileSync(checkpointPath(directory, id), document);
  loseRecordOf(path, '"third"');

  const { store, reports } = openStore(directory);
  expect((await store.load(id))?.messages.map(({ content }) => content)).toEqual(["first", "second"]);
  expect(await store.trashed()).toEqual([]);
  expect((await store.append(id, [Message.user("fourth")])).revision).toBe(3);
  expect(reports.map(({ kind }) => kind)).toContain("torn-tail");
  expect(await store.verify(id)).toMatchObject({ state: "ok" });
});
