import { readdirSync, readlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  AgentSession,
  FileEngine,
  MemoryEngine,
  Message,
  SessionStore,
  type StorageEngine,
} from "../../src/index.ts";
import { temporaryDirectory } from "../file/temporary-store.ts";

async function saved(store: SessionStore, messages = 500): Promise<AgentSession> {
  const session = new AgentSession();
  for (let n = 0; n < messages; n++) session.addMessage(Message.user(`message ${n}`));
  await store.save(session);
  return session;
}

/** The sessions' files of a directory that this process has open; the locks are a matter of the engine's. */
function openFiles(directory: string): string[] {
  return readdirSync("/proc/self/fd").flatMap((descriptor) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`);
      return path.startsWith(directory) && !path.includes("/locks/") ? [path] : [];
    } catch {
      return []; // The descriptor that listed them.
    }
  });
}

const closed = { code: "STORE_CLOSED" };

describe.each([
  ["memory", () => new MemoryEngine()],
  ["file", () => new FileEngine(temporaryDirectory())],
] as const)("%s engine", (_name, engine: () => StorageEngine) => {
  describe.each([true, false])("closed with its store: %s", (closeEngine) => {
    async function opened(): Promise<{ store: SessionStore; owned: StorageEngine }> {
      const owned = engine();
      return { store: new SessionStore(owned, { closeEngine }), owned };
    }

    test("watching ends", async () => {
      const { store, owned } = await opened();
      const { id } = await saved(store);
      const commits = store.watch(id, { after: 0 })[Symbol.asyncIterator]();
      expect((await commits.next()).done).toBe(false);
      const summaries = store.watchSessions()[Symbol.asyncIterator]();
      const waiting = [commits.next(), summaries.next()];
      // The listing that watching begins with is under way.
      await Promise.all([store.close(), store.close()]);
      for (const step of waiting) expect((await step).done).toBe(true);
      await owned.close();
    });

    test("reading that is under way rejects, and ends there", async () => {
      const { store, owned } = await opened();
      const { id } = await saved(store);
      await store.commit(id, { side: { steps: Array.from({ length: 500 }, (_, n) => n) } });
      const snapshot = await store.read(id);
      if (snapshot === undefined) throw new Error("the session is gone");
      const reading: AsyncIterator<unknown>[] = [
        store.messages(id)[Symbol.asyncIterator](),
        store.messages(id, { reverse: true })[Symbol.asyncIterator](),
        store.sideItems(id)[Symbol.asyncIterator](),
        snapshot.messages()[Symbol.asyncIterator](),
      ];
      for (const iteration of reading) expect((await iteration.next()).done).toBe(false);
      await store.close();
      for (const iteration of reading) {
        await expect(iteration.next()).rejects.toMatchObject(closed);
        expect((await iteration.next()).done).toBe(true);
      }
      await expect(snapshot.messages()[Symbol.asyncIterator]().next()).rejects.toMatchObject(closed);
      await owned.close();
    });

    test("every later call rejects, and none throws", async () => {
      const { store, owned } = await opened();
      const session = await saved(store, 1);
      const { id } = session;
      await store.close();
      const first = async (items: AsyncIterable<unknown>): Promise<unknown> =>
        await items[Symbol.asyncIterator]().next();
      const calls: Promise<unknown>[] = [
        ...[store.save(session), store.save(new AgentSession()), store.load(id), store.loadByStr(id)],
        ...[store.load(id, { lastMessages: 1 }), store.read(id), store.delete(id), store.list()],
        ...[store.listWithMetadata(), store.list({}), store.mostRecent(), store.listForWorkspace("/w")],
        ...[store.cleanupOld(1), store.summary(id), store.append(id, []), store.commit(id, {})],
        ...[
          first(store.messages(id)),
          first(store.sideItems(id)),
          first(store.watch(id)),
          first(store.history(id)),
          first(store.sessions()),
        ],
        ...[first(store.watchSessions()), store.fork(id), store.search("x"), store.checkpoint(id)],
        ...[store.verify(id), store.repair(id), store.trashed(), store.restore(id), store.emptyTrash()],
      ];
      for (const call of await Promise.allSettled(calls)) {
        expect(call).toMatchObject({ status: "rejected", reason: closed });
      }
      await owned.close();
    });

    test("a save that is under way is finished", async () => {
      const { store, owned } = await opened();
      const session = await saved(store, 1);
      session.addMessage(Message.user("under way"));
      const save = store.save(session);
      await Promise.resolve();
      await store.close();
      expect((await save).revision).toBe(2);
      await owned.close();
    });
  });

  test("an engine that was handed in is its owner's: other stores go on", async () => {
    const shared = engine();
    const [one, other] = [new SessionStore(shared), new SessionStore(shared)];
    const { id } = await saved(one, 1);
    await one.close();
    await expect(one.load(id)).rejects.toMatchObject(closed);
    expect((await other.load(id))?.messageCount).toBe(1);
    expect((await shared.read(id))?.revision).toBe(1);
    await other.close();
    expect((await shared.read(id))?.revision).toBe(1);
    await shared.close();
    await expect(shared.read(id)).rejects.toMatchObject(closed);
  });

  test("iterations end when the engine is closed below the store", async () => {
    const shared = engine();
    const store = new SessionStore(shared);
    const { id } = await saved(store, 1);
    await shared.close();
    await expect(store.messages(id)[Symbol.asyncIterator]().next()).rejects.toMatchObject(closed);
    await expect(store.load(id)).rejects.toMatchObject(closed);
    await store.close();
  });
});

test.skipIf(process.platform !== "linux")(
  "a store on files that is closed while everything is under way has no file open",
  async () => {
    const directory = temporaryDirectory();
    const engine = new FileEngine(directory);
    const store = new SessionStore(engine, { closeEngine: true });
    const { id } = await saved(store, 5000);
    const snapshot = await store.read(id);
    const iterations = [
      store.messages(id)[Symbol.asyncIterator](),
      store.watch(id, { after: 0 })[Symbol.asyncIterator](),
      ...(snapshot === undefined ? [] : [snapshot.messages()[Symbol.asyncIterator]()]),
    ];
    for (const iteration of iterations) await iteration.next();
    expect(openFiles(directory)).not.toEqual([]);
    const waiting = store.watch(id)[Symbol.asyncIterator]().next();
    await store.close();
    expect((await waiting).done).toBe(true);
    expect(openFiles(directory)).toEqual([]);
  },
);
