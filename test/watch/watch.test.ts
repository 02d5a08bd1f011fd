import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { AgentSession, Message, SessionStore, type StoredCommit } from "../../src/index.ts";
import { elsewhere, IMPORTS, ROOT } from "../index/store-fixture.ts";
import { temporaryDirectory } from "../index/temporary-directory.ts";

function open(): { store: SessionStore; directory: string } {
  const directory = temporaryDirectory();
  const path = join(directory.path, "sessions");
  const store = new SessionStore(path);
  onTestFinished(async () => {
    await store.close();
    directory[Symbol.dispose]();
  });
  return { store, directory: path };
}

async function saved(store: SessionStore, title = "watched"): Promise<AgentSession> {
  const session = new AgentSession({ metadata: { title } });
  session.addMessage(Message.user("begun"));
  await store.save(session);
  return session;
}

test(
  "every commit comes once and in order, by this process and others, through checkpoints",
  { timeout: 60_000 },
  async () => {
    const { store, directory } = open();
    const session = await saved(store);
    const last = 121;
    const seen: StoredCommit[] = [];
    const watching = (async () => {
      for await (const commit of store.watch(session.id)) {
        seen.push(commit);
        // A reader that is slower than the writers.
        if (seen.length % 10 === 0) await setTimeout(5);
        if (commit.revision === last) return;
      }
    })();
    const child = spawn(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        `${IMPORTS}
      const engine = new FileEngine(${JSON.stringify(directory)});
      for (let n = 0; n < 60; n++) await engine.commit("${session.id}", { splice: ["end", 0, [Message.user("theirs " + n)]] });
      await engine.checkpoint("${session.id}");
      await engine.close();`,
      ],
      { cwd: ROOT, stdio: "inherit" },
    );
    for (let n = 0; n < 60; n++) {
      await store.append(session.id, [Message.user(`ours ${n}`)]);
      if (n % 20 === 0) await store.checkpoint(session.id);
      await setTimeout(3);
    }
    await watching;
    child.kill();
    expect(seen.map(({ revision }) => revision)).toEqual(
      Array.from({ length: last - 1 }, (_, index) => index + 2),
    );
  },
);

test("from a given revision: first what has been, then what comes", async () => {
  const { store } = open();
  const session = await saved(store);
  for (let n = 0; n < 3; n++) await store.append(session.id, [Message.user(`${n}`)]);
  const revisions: number[] = [];
  setTimeout(30).then(
    () => store.append(session.id, [Message.user("later")]),
    () => undefined,
  );
  for await (const { revision } of store.watch(session.id, { after: 1 })) {
    revisions.push(revision);
    if (revision === 5) break;
  }
  expect(revisions).toEqual([2, 3, 4, 5]);
});

test("watching ends with the signal, and when the session is removed", async () => {
  const { store } = open();
  const session = await saved(store);
  const stop = new AbortController();
  void setTimeout(20).then(() => stop.abort());
  for await (const _ of store.watch(session.id, { signal: stop.signal })) expect.unreachable();
  void setTimeout(20).then(() => store.delete(session.id));
  let removals = 0;
  for await (const { removed } of store.watch(session.id)) removals += removed === true ? 1 : 0;
  expect(removals).toBeLessThanOrEqual(1);
  await expect(async () => {
    for await (const _ of store.watch(session.id)) expect.unreachable();
  }).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
});

test("summaries of those that match come as they change, from other processes too", async () => {
  const { store, directory } = open();
  await saved(store, "there before");
  const found: (string | null)[] = [];
  const stop = new AbortController();
  const watching = (async () => {
    for await (const { title } of store.watch({ titleMatches: "wanted" }, { signal: stop.signal })) {
      found.push(title);
      if (found.length === 2) return;
    }
  })();
  await setTimeout(100);
  await saved(store, "another");
  await saved(store, "wanted one");
  elsewhere(`
    const engine = new FileEngine(${JSON.stringify(directory)});
    await engine.commit(crypto.randomUUID(), { base: 0, set: { title: "wanted two" } });
    await engine.close();`);
  await Promise.race([watching, setTimeout(10_000).then(() => stop.abort())]);
  expect(found).toEqual(["wanted one", "wanted two"]);
});

test("a store that is not there yet is watched from its beginning", async () => {
  const { store } = open();
  const stop = new AbortController();
  void setTimeout(5000).then(() => stop.abort());
  void setTimeout(50).then(() => saved(store, "first"));
  for await (const { title } of store.watch({}, { signal: stop.signal })) {
    expect(title).toBe("first");
    return;
  }
  expect.unreachable();
});

test("the last messages of a session are a view that cannot be saved", async () => {
  const { store } = open();
  const session = await saved(store);
  for (let n = 0; n < 9; n++) await store.append(session.id, [Message.user(`${n}`)]);
  const part = await store.load(session.id, { lastMessages: 2 });
  expect(part?.messages.map(({ content }) => content)).toEqual(["7", "8"]);
  expect(part?.metadata.title).toBe("watched");
  if (part === undefined) return;
  part.addMessage(Message.user("no"));
  await expect(store.save(part)).rejects.toMatchObject({ code: "PARTIAL_SESSION", outcome: "not-stored" });
});
