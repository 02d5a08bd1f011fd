import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AgentSession, Message } from "../../src/index.ts";
import { openStore, temporaryDirectory } from "../file/temporary-store.ts";

test("a fork is a session of its own, at the current or at an earlier revision", async () => {
  const { store } = openStore(temporaryDirectory());
  const session = new AgentSession({ systemPrompt: "s", metadata: { title: "Before" } });
  for (const text of ["a", "b", "c"]) {
    session.addMessage(Message.user(text));
    await store.save(session);
  }
  session.spliceMessages(0, 2, Message.system("summary of a and b"));
  session.metadata.title = "After";
  await store.save(session);

  const now = await store.fork(session.id);
  const early = await store.fork(session.id, { revision: 2 });
  early.addMessage(Message.user("another way"));
  await store.save(early);
  const contents = async (id: string): Promise<unknown> => {
    const loaded = await store.load(id);
    return [loaded?.metadata.title, ...(loaded?.messages.map(({ content }) => content) ?? [])];
  };
  expect(await contents(now.id)).toEqual(["After (fork)", "summary of a and b", "c"]);
  expect(await contents(early.id)).toEqual(["Before (fork)", "a", "b", "another way"]);
  expect(await contents(session.id)).toEqual(["After", "summary of a and b", "c"]);
  expect(early.metadata.custom).toEqual({
    forked_from: `${session.id}@2`,
    taken_over: "2",
    taken_over_tokens: "0",
  });
  const shorter = await store.fork(early.id, { position: 1 });
  expect(await contents(shorter.id)).toEqual(["Before (fork 2)", "a"]);
  expect(shorter.tokenCount).toBeLessThan(early.tokenCount);
  await expect(store.fork(session.id, { position: 4 })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  await expect(store.fork(session.id, { revision: 99 })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  await expect(store.fork(new AgentSession().id)).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
});

test("a document that Astrid wrote is forked at its only revision", async () => {
  const folder = temporaryDirectory();
  const id = "11111111-1111-4111-8111-111111111111";
  copyFileSync(join(import.meta.dirname, `../compat/fixtures/astrid/${id}.json`), join(folder, `${id}.json`));
  const { store } = openStore(folder);
  const original = await store.load(id);
  for (const options of [{}, { revision: 1 }]) {
    const fork = await store.fork(id, options);
    expect((await store.load(fork.id))?.messages).toEqual(original?.messages);
    expect(fork.metadata.custom["forked_from"]).toBe(`${id}@1`);
  }
  await expect(store.fork(id, { revision: 2 })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: expect.stringContaining("its last is 1"),
  });
});
