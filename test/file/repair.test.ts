import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { AgentSession, Message, type SessionId, type SessionStore } from "../../src/index.ts";
import { checkpointPath, journalPath, openStore, temporaryDirectory } from "./temporary-store.ts";

async function messagesOf(store: SessionStore, id: string): Promise<unknown[] | undefined> {
  return (await store.load(id))?.messages.map(({ content }) => content);
}

/** One bit of the first `text` in a file decays; the file's time is what it was. */
function decay(path: string, text: string): void {
  const bytes = readFileSync(path);
  const at = bytes.indexOf(text);
  if (at < 0) throw new Error(`there is no ${text} in ${path}`);
  bytes[at + text.length - 2] = (bytes[at + text.length - 2] ?? 0) ^ 1;
  // To the nanosecond, which Node cannot.
  execFileSync("touch", ["-r", path, `${path}.time`]);
  writeFileSync(path, bytes);
  execFileSync("touch", ["-r", `${path}.time`, path]);
}

async function withStore(directory: string, work: (store: SessionStore) => Promise<void>): Promise<void> {
  const { store } = openStore(directory);
  await work(store);
  await store.close();
}

/** Its first messages were replaced by a summary, and the checkpoint covers that. */
async function summarised(directory: string): Promise<SessionId> {
  const session = new AgentSession();
  await withStore(directory, async (store) => {
    for (const text of ["first", "second", "third", "fourth"]) {
      session.addMessage(Message.user(text));
      await store.save(session);
    }
    session.spliceMessages(0, 3, Message.user("summary"));
    await store.save(session);
    session.addMessage(Message.user("fifth"));
    await store.save(session);
    await store.checkpoint(session.id);
    session.metadata.title = "behind the checkpoint";
    await store.save(session);
  });
  return session.id;
}

test.each(["first", "second", "summary", "fifth"])(
  "the commit of %o is damaged, a summarisation behind it: what the checkpoint covers is as it was",
  async (text) => {
    const directory = temporaryDirectory();
    const id = await summarised(directory);
    decay(journalPath(directory, id), `"content":"${text}"`);
    const { store } = openStore(directory);
    expect((await store.repair(id)).lostRevisions).toBeLessThanOrEqual(1);
    expect(await messagesOf(store, id)).toEqual(["summary", "fourth", "fifth"]);
    expect((await store.load(id))?.metadata.title).toBe("behind the checkpoint");
    expect(await store.verify(id)).toMatchObject({ state: "ok" });
  },
);

/** A life in the trash, and one that is in use. */
async function twoLives(directory: string): Promise<SessionId> {
  const first = new AgentSession({ messages: [Message.user("of the first life")] });
  await withStore(directory, async (store) => {
    await store.save(first);
    await store.delete(first.id, { trash: true });
    const second = new AgentSession({ id: first.id, messages: [Message.user("second life, 1")] });
    await store.save(second);
    for (const number of [2, 3]) {
      second.addMessage(Message.user(`second life, ${number}`));
      await store.save(second);
    }
  });
  return first.id;
}

test("the tombstone between two lives is damaged: both are there, one of them in the trash", async () => {
  const directory = temporaryDirectory();
  const id = await twoLives(directory);
  decay(journalPath(directory, id), '"removed":"trash"');
  const { store } = openStore(directory);
  expect((await store.repair(id)).lostRevisions).toBeUndefined();
  expect(await messagesOf(store, id)).toEqual([1, 2, 3].map((number) => `second life, ${number}`));
  expect(await store.verify(id)).toMatchObject({ state: "ok" });
  expect(await store.trashed()).toMatchObject([{ id, messageCount: 1 }]);
  await store.delete(id);
  expect(await store.restore(id)).toBe(true);
  expect(await messagesOf(store, id)).toEqual(["of the first life"]);
});

test("a repair leaves in the trash what is there", async () => {
  const directory = temporaryDirectory();
  const id = await twoLives(directory);
  decay(journalPath(directory, id), '"content":"second life, 2"');
  const { store } = openStore(directory);
  await store.repair(id);
  expect(await store.trashed()).toMatchObject([{ id, messageCount: 1 }]);
  await store.delete(id);
  expect(await store.restore(id)).toBe(true);
  expect(await messagesOf(store, id)).toEqual(["of the first life"]);
});

test("the first commit of a session in the trash is damaged: what is left of it stays there, and comes back", async () => {
  const directory = temporaryDirectory();
  const session = new AgentSession({ messages: [Message.user("first")] });
  await withStore(directory, async (store) => {
    await store.save(session);
    await store.append(session.id, [Message.user("second")]);
    await store.delete(session.id, { trash: true });
  });
  decay(journalPath(directory, session.id), '"content":"first"');
  const { store } = openStore(directory);
  expect(await store.repair(session.id)).toMatchObject({ lostRevisions: 1 });
  expect(await store.trashed()).toMatchObject([{ id: session.id, title: null, messageCount: 1 }]);
  expect(await store.restore(session.id)).toBe(true);
  expect(await messagesOf(store, session.id)).toEqual(["second"]);
});

test("a damaged commit before a removal that was taken back", async () => {
  const directory = temporaryDirectory();
  const session = new AgentSession({ messages: [Message.user("first")] });
  await withStore(directory, async (store) => {
    await store.save(session);
    await store.append(session.id, [Message.user("second")]);
    await store.delete(session.id, { trash: true });
    await store.restore(session.id);
    await store.append(session.id, [Message.user("third")]);
    await store.checkpoint(session.id);
    await store.append(session.id, [Message.user("fourth")]);
  });
  decay(journalPath(directory, session.id), '"content":"first"');
  const { store } = openStore(directory);
  await store.repair(session.id);
  expect(await messagesOf(store, session.id)).toEqual(["first", "second", "third", "fourth"]);
});

test("a bit of a checkpoint's messages: repair puts a new one in place, and nothing is left to repair", async () => {
  const directory = temporaryDirectory();
  const id = await summarised(directory);
  const { store } = openStore(directory);
  decay(checkpointPath(directory, id), '"content":"fourth"');
  expect(await store.verify(id)).toMatchObject({ state: "repairable" });
  expect((await store.repair(id)).actions).not.toEqual([]);
  expect(await store.verify(id)).toMatchObject({ state: "ok" });
  expect(await messagesOf(store, id)).toEqual(["summary", "fourth", "fifth"]);
});

test("the number of a checkpoint's format has decayed into that of a newer one: that is damage", async () => {
  const directory = temporaryDirectory();
  const id = await summarised(directory);
  decay(checkpointPath(directory, id), '"format":2,');
  expect(readFileSync(checkpointPath(directory, id), "utf8")).toContain('"format":3,');
  const { store, reports } = openStore(directory);
  expect(await messagesOf(store, id)).toEqual(["summary", "fourth", "fifth"]);
  expect(reports).toMatchObject([{ kind: "damage", sessionId: id }]);
  await store.repair(id);
  expect(await store.verify(id)).toMatchObject({ state: "ok" });
});
