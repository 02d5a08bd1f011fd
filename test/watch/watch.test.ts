import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { Child } from "../../src/conformance/child.ts";
import { AgentSession, FileEngine, Message, SessionStore, type StoredCommit } from "../../src/index.ts";
import { elsewhere, IMPORTS, ROOT } from "../index/store-fixture.ts";
import { temporaryDirectory } from "../index/temporary-directory.ts";

/** Tells when it has answered its first listing: a watcher that asked for it sees whatever changes from then on. */
class ListedEngine extends FileEngine {
  readonly #listed = Promise.withResolvers<undefined>();
  readonly listed = this.#listed.promise;

  override async list(...query: Parameters<FileEngine["list"]>): ReturnType<FileEngine["list"]> {
    const page = await super.list(...query);
    this.#listed.resolve(undefined);
    return page;
  }
}

function open(): { store: SessionStore; listed: Promise<undefined>; directory: string } {
  const directory = temporaryDirectory();
  const path = join(directory.path, "sessions");
  const engine = new ListedEngine(path);
  const store = new SessionStore(engine);
  onTestFinished(async () => {
    await store.close();
    directory[Symbol.dispose]();
  });
  return { store, listed: engine.listed, directory: path };
}

async function saved(store: SessionStore, title = "watched"): Promise<AgentSession> {
  const session = new AgentSession({ metadata: { title } });
  session.addMessage(Message.user("begun"));
  await store.save(session);
  return session;
}

/** A session of one commit, and a watch of it that has told of that commit: it sees whatever happens from now on. */
async function watched(
  store: SessionStore,
  signal?: AbortSignal,
): Promise<{ id: string; commits: AsyncIterator<StoredCommit> }> {
  const { id } = await saved(store);
  const commits = store.watch(id, { after: 0, signal })[Symbol.asyncIterator]();
  expect((await commits.next()).value).toMatchObject({ revision: 1 });
  return { id, commits };
}

test("every commit comes once and in order, by this process and others, through checkpoints", async () => {
  const { store, directory } = open();
  const { id, commits } = await watched(store);
  const last = 121;
  const revisions: number[] = [];
  const watching = (async () => {
    for (let revision = 1; revision < last;) {
      ({ revision } = (await commits.next()).value as StoredCommit);
      revisions.push(revision);
      // At times the reader is slower than the writers.
      const awaited = revision % 10 === 0 ? Math.min(revision + 5, last) : 0;
      while (((await store.summary(id))?.revision ?? 0) < awaited) await setTimeout(1);
    }
  })();
  const program = `${IMPORTS}
    const engine = new FileEngine(${JSON.stringify(directory)});
    await engine.summary("${id}");
    console.log("ready");
    for (let n = 0; n < 60; n++) await engine.commit("${id}", { splice: ["end", 0, [Message.user("theirs " + n)]] });
    await engine.checkpoint("${id}");
    await engine.close();`;
  await using child = new Child(["--input-type=module", "-e", program], { cwd: ROOT });
  await child.line(/ready/);
  for (let n = 0; n < 60; n++) {
    await store.append(id, [Message.user(`ours ${n}`)]);
    if (n % 20 === 0) await store.checkpoint(id);
  }
  await child.output();
  await watching;
  expect(revisions).toEqual(Array.from({ length: last - 1 }, (_, index) => index + 2));
});

test("from the current revision, unless another one is given", async () => {
  const { store } = open();
  const { id } = await saved(store);
  await store.append(id, [Message.user("before")]);
  const commits = store.watch(id)[Symbol.asyncIterator]();
  const first = commits.next();
  // Nothing tells when it has begun: whatever it hears of first, what follows it hears of as well.
  let heard: number | undefined;
  void first.then(({ value }) => (heard = (value as StoredCommit).revision));
  let revision = 2;
  while (heard === undefined) ({ revision } = await store.append(id, [Message.user("again")]));
  expect(heard).toBeGreaterThan(2);
  for (let next = heard + 1; next <= revision; next++)
    expect((await commits.next()).value).toMatchObject({ revision: next });
  await commits.return?.();
});

test("from a given revision: first what has been, then what comes", async () => {
  const { store } = open();
  const session = await saved(store);
  for (let n = 0; n < 3; n++) await store.append(session.id, [Message.user(`${n}`)]);
  const commits = store.watch(session.id, { after: 1 })[Symbol.asyncIterator]();
  for (const revision of [2, 3, 4]) expect((await commits.next()).value).toMatchObject({ revision });
  const next = commits.next();
  await store.append(session.id, [Message.user("later")]);
  expect((await next).value).toMatchObject({ revision: 5 });
  await commits.return?.();
});

test("watching ends with the signal", async () => {
  const { store } = open();
  const stop = new AbortController();
  const { id, commits } = await watched(store, stop.signal);
  const next = commits.next();
  stop.abort();
  expect(await next).toEqual({ done: true, value: undefined });
  for await (const _ of store.watch(id, { signal: stop.signal })) expect.unreachable();
});

test.each([false, true])("watching ends when the session is removed (into the trash: %s)", async (trash) => {
  const { store } = open();
  const { id, commits } = await watched(store);
  let next = commits.next();
  expect(await store.delete(id, { trash })).toBe(true);
  // Whoever looks while it is being removed is told of the removal; behind it there is no session to read that from.
  const { done, value } = await next;
  if (done !== true) {
    expect(value).toMatchObject({ revision: 2, removed: true });
    next = commits.next();
  }
  expect(await next).toEqual({ done: true, value: undefined });
  await expect(async () => {
    for await (const _ of store.watch(id)) expect.unreachable();
  }).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
});

test("summaries of those that match come as they change, from other processes too", async () => {
  const { store, listed, directory } = open();
  await saved(store, "wanted, but there before");
  const titles: (string | null)[] = [];
  const watching = (async () => {
    for await (const { title } of store.watchSessions({ titleMatches: "wanted" })) {
      titles.push(title);
      if (titles.length === 2) return;
    }
  })();
  await listed;
  await saved(store, "another");
  await saved(store, "wanted one");
  elsewhere(`
    const engine = new FileEngine(${JSON.stringify(directory)});
    await engine.commit(crypto.randomUUID(), { base: 0, set: { title: "wanted two" } });
    await engine.close();`);
  await watching;
  expect(titles).toEqual(["wanted one", "wanted two"]);
});

test("a store that is not there yet is watched from its beginning", async () => {
  const { store, listed } = open();
  const summaries = store.watchSessions()[Symbol.asyncIterator]();
  const first = summaries.next();
  await listed;
  await saved(store, "first");
  expect((await first).value).toMatchObject({ title: "first" });
  await summaries.return?.();
});
