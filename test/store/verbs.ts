import { inspect } from "node:util";
import { expect, test } from "vitest";
import type { SessionStore } from "../../src/index.ts";
import {
  AgentSession,
  Message,
  type PositionedMessage,
  type Revision,
  type SessionId,
} from "../../src/index.ts";

async function all<T>(items: AsyncIterable<T> | readonly T[]): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const contents = (messages: readonly Message[]): unknown[] => messages.map(({ content }) => content);
const texts = (read: readonly PositionedMessage[]): unknown[] => contents(read.map(({ message }) => message));

/** A session of five revisions: begun, gone on with, summarised, titled, gone on with. */
async function lived(store: SessionStore): Promise<AgentSession> {
  const session = new AgentSession({ systemPrompt: "be brief", messages: [Message.user("one")] });
  await store.save(session);
  session.addMessage(Message.assistant("two"));
  session.addMessage(Message.user("three"));
  await store.save(session, { operationId: "turn-2" });
  session.replaceMessages([Message.system("summary"), ...session.lastMessages(1)]);
  await store.save(session);
  session.metadata.title = "Titled";
  session.metadata.custom["mood"] = "fine";
  await store.save(session);
  await store.append(session.id, [Message.assistant("four")]);
  return session;
}

/** What the store's verbs say, on any engine. @param open a new store; what it holds is nobody else's. */
export function testVerbs(open: () => SessionStore): void {
  async function opened(work: (store: SessionStore) => Promise<void>): Promise<void> {
    await using store = open();
    await work(store);
  }

  test("the history tells each revision, newest first, and what it changed", () =>
    opened(async (store) => {
      const { id } = await lived(store);
      const revisions = await all(store.history(id));
      expect(revisions.map(({ revision }) => revision)).toEqual([5, 4, 3, 2, 1]);
      expect(revisions.map(({ messageCount }) => messageCount)).toEqual([3, 2, 2, 3, 1]);
      expect(revisions.map(({ operationId }) => operationId)).toEqual([
        ...[undefined, undefined, undefined],
        ...["turn-2", undefined],
      ]);
      expect(revisions.every(({ isForeign, isRemoval }) => !isForeign && !isRemoval)).toBe(true);
      const changed = revisions.map((one) => one.changed);
      expect(changed.map((change) => change?.messages)).toEqual([
        { start: 2, removed: 0, added: 1 },
        undefined,
        { start: 0, removed: 2, added: 1 },
        { start: 1, removed: 0, added: 2 },
        { start: 0, removed: 0, added: 1 },
      ]);
      expect(changed[0]?.fields).toEqual([]);
      expect(changed[1]?.fields.toSorted()).toEqual(["custom", "title"]);
      expect(changed[2]?.fields).toEqual([]);
      expect(changed[4]?.fields.toSorted()).toEqual(["createdAt", "custom", "systemPrompt"]);
      const times = revisions.map(({ at }) => Date.parse(at));
      expect(times).toEqual(times.toSorted((left, right) => right - left));
    }));

  test("a long history is told as it is asked for, each revision once", () =>
    opened(async (store) => {
      const session = new AgentSession();
      await store.save(session);
      for (let turn = 1; turn < 100; turn++) {
        session.addMessage(Message.user(`turn ${turn}`));
        if (turn % 30 === 0) session.metadata.title = `title ${turn}`;
        await store.save(session);
      }
      const told: Revision[] = [];
      for await (const revision of store.history(session.id)) {
        told.push(revision);
        // What comes in meanwhile is not told of.
        if (told.length === 3) await store.append(session.id, [Message.user("meanwhile")]);
      }
      expect(told.map(({ revision }) => revision)).toEqual(Array.from({ length: 100 }, (_, at) => 100 - at));
      const titled = told.filter(({ changed }) => changed?.fields.includes("title"));
      expect(titled.map(({ revision }) => revision)).toEqual([91, 61, 31]);
      expect(titled.every(({ changed }) => changed?.fields.length === 1)).toBe(true);
      for await (const { revision } of store.history(session.id)) {
        expect(revision).toBe(101);
        break;
      }
    }));

  test("side lists are counted in the history", () =>
    opened(async (store) => {
      const session = new AgentSession();
      await store.save(session);
      await store.commit(session.id, { side: { seen: [1, 2], other: ["x"] } });
      const [newest] = await all(store.history(session.id));
      expect(newest?.changed).toEqual({ messages: undefined, fields: [], side: { seen: 2, other: 1 } });
    }));

  test("there is no history of what is not there, and the first step says so", () =>
    opened(async (store) => {
      const { id } = new AgentSession();
      await expect(all(store.history(id))).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
      await expect(all(store.history("no id"))).rejects.toMatchObject({ code: "INVALID_SESSION_ID" });
    }));

  test("any revision is loaded, as a view that cannot be saved", () =>
    opened(async (store) => {
      const { id } = await lived(store);
      const second = await store.load(id, { revision: 2 });
      expect(second).toMatchObject({ id, revision: 2, messageCount: 3, firstPosition: 0 });
      expect(contents(second?.messages ?? [])).toEqual(["one", "two", "three"]);
      expect(second?.metadata.title).toBeNull();
      const current = await store.load(id, { revision: 5 });
      expect(contents(current?.messages ?? [])).toEqual(["summary", "three", "four"]);
      expect(current?.metadata).toMatchObject({ title: "Titled", custom: { mood: "fine" } });
      const end = await store.load(id, { revision: 2, lastMessages: 1 });
      expect(end).toMatchObject({ revision: 2, messageCount: 3, firstPosition: 2 });
      expect(contents(end?.messages ?? [])).toEqual(["three"]);
      for (const revision of [0, 6, 1.5]) {
        await expect(store.load(id, { revision })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
      }
      expect(await store.load(new AgentSession().id, { revision: 1 })).toBeUndefined();
      await expect(store.save(second as unknown as AgentSession)).rejects.toMatchObject({
        code: "READ_ONLY_SESSION",
        outcome: "not-stored",
      });
      expect((await store.summary(id))?.revision).toBe(5);
    }));

  test("the last messages are a view, which cannot be saved or changed", () =>
    opened(async (store) => {
      const { id, createdAt } = await lived(store);
      const view = await store.load(id, { lastMessages: 2 });
      expect(contents(view?.messages ?? [])).toEqual(["three", "four"]);
      expect(view).toMatchObject({ createdAt, revision: 5, messageCount: 3, firstPosition: 1 });
      expect(view?.systemPrompt).toBe("be brief");
      expect(Object.isFrozen(view) && Object.isFrozen(view?.messages)).toBe(true);
      // @ts-expect-error A view is no AgentSession.
      await expect(store.save(view)).rejects.toMatchObject({ code: "READ_ONLY_SESSION" });
      expect(await store.load(new AgentSession().id, { lastMessages: 2 })).toBeUndefined();
      expect((await store.load(id, {}))?.messageCount).toBe(3);
    }));

  test("a reading stays at its revision, the current one or an earlier one", () =>
    opened(async (store) => {
      const { id } = await lived(store);
      const [now, then] = [await store.read(id), await store.read(id, { revision: 3 })];
      await store.append(id, [Message.user("five")]);
      expect(now).toMatchObject({ id, revision: 5, messageCount: 3 });
      expect(texts(await all(now?.messages() ?? []))).toEqual(["summary", "three", "four"]);
      expect(then).toMatchObject({ id, revision: 3, messageCount: 2 });
      expect(then?.head.title).toBeNull();
      expect(texts(await all(then?.messages() ?? []))).toEqual(["summary", "three"]);
      expect(texts(await all(then?.messages({ limit: 1, reverse: true }) ?? []))).toEqual(["three"]);
      then?.close();
      await expect(all(then?.messages() ?? [])).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
      now?.close();
      await expect(store.read(id, { revision: 9 })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
      expect(await store.read(new AgentSession().id, { revision: 1 })).toBeUndefined();
    }));

  test("a save with an operation id is stored once, whoever repeats it", () =>
    opened(async (store) => {
      const session = new AgentSession({ messages: [Message.user("one")] });
      await store.save(session);
      const again = (await store.load(session.id)) as AgentSession;
      for (const one of [session, again]) one.addMessage(Message.user("two"));
      const first = await store.save(session, { operationId: "turn" });
      expect(first).toMatchObject({ revision: 2, repeated: false, unchanged: false });
      // Someone who does not know that it was stored, from the revision before.
      expect(await store.save(again, { operationId: "turn" })).toMatchObject({ revision: 2, repeated: true });
      again.addMessage(Message.user("three"));
      await expect(store.save(again, { operationId: "turn" })).rejects.toMatchObject({
        code: "OPERATION_MISMATCH",
      });
      expect(await store.save(again, { operationId: "next" })).toMatchObject({
        revision: 3,
        repeated: false,
      });
      expect((await store.load(session.id))?.messageCount).toBe(3);
    }));

  test("a save without a change says that it was unchanged", () =>
    opened(async (store) => {
      const session = new AgentSession({ messages: [Message.user("one")] });
      const first = await store.save(session);
      expect(first).toMatchObject({ revision: 1, repeated: false, unchanged: false });
      expect(await store.save(session)).toEqual({ ...first, unchanged: true });
      const loaded = (await store.load(session.id)) as AgentSession;
      expect(await store.save(loaded)).toMatchObject({ revision: 1, repeated: false, unchanged: true });
    }));

  test("the listing: ids, a page, all pages, and Astrid's verbs", () =>
    opened(async (store) => {
      const ids: SessionId[] = [];
      for (let at = 0; at < 5; at++) {
        const session = new AgentSession({ metadata: { custom: { source: at < 2 ? "codex" : "acp" } } });
        await store.save(session);
        ids.unshift(session.id);
      }
      const idsOf = (found: readonly { id: SessionId }[]): SessionId[] =>
        found.map(({ id }) => id).toSorted();
      expect((await store.list()).toSorted()).toEqual(ids.toSorted());
      const page = await store.list({ limit: 2 });
      expect(page).toMatchObject({ unreadable: [], nextCursor: expect.any(String) as string });
      const next = await store.list({ limit: 3, cursor: page.nextCursor });
      expect(next.nextCursor).toBeUndefined();
      expect(idsOf([...page.sessions, ...next.sessions])).toEqual(ids.toSorted());
      expect(idsOf(await all(store.sessions()))).toEqual(ids.toSorted());
      expect(await all(store.sessions({ limit: 3 }))).toHaveLength(3);
      expect(await all(store.sessions({ limit: 4, cursor: page.nextCursor }))).toHaveLength(3);
      expect(idsOf(await all(store.sessions({ source: "codex" })))).toEqual(ids.slice(3).toSorted());
      expect(idsOf(await store.listWithMetadata())).toEqual(ids.toSorted());
      await expect(all(store.sessions({ limit: 0 }))).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    }));

  test("cleaning up moves to the trash, unless it is to be for good", () =>
    opened(async (store) => {
      const createdAt = "2026-01-01T00:00:00Z";
      const [old, older] = [new AgentSession({ createdAt }), new AgentSession({ createdAt })];
      await store.save(old);
      expect(await store.cleanupOld(30)).toBe(1);
      expect((await store.trashed()).map(({ id }) => id)).toEqual([old.id]);
      await store.save(older);
      expect(await store.cleanupOld(30, { trash: false })).toBe(1);
      expect((await store.trashed()).map(({ id }) => id)).toEqual([old.id]);
      expect(await store.restore(old.id)).toBe(true);
    }));

  test("times are RFC 3339 strings, and anything else is refused", () =>
    opened(async (store) => {
      const session = new AgentSession();
      await store.save(session);
      await store.delete(session.id, { trash: true });
      for (const time of ["yesterday", "2026-13-01T00:00:00Z", new Date() as unknown as string]) {
        await expect(store.emptyTrash(time)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
      }
      expect(await store.emptyTrash("2020-01-01T00:00:00Z")).toBe(0);
      expect(await store.emptyTrash("9999-01-01T00:00:00+01:00")).toBe(1);
    }));

  test("iterating rejects, it never throws: before the first step nothing happens", () =>
    opened(async (store) => {
      const bad = "no id";
      for (const items of [store.messages(bad), store.sideItems(bad), store.watch(bad), store.history(bad)]) {
        await expect(all<unknown>(items)).rejects.toMatchObject({ code: "INVALID_SESSION_ID" });
      }
      const since = "yesterday";
      for (const items of [store.watchSessions({ since }), store.sessions({ since })]) {
        await expect(all(items)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
      }
    }));

  test("both ways of watching end when the store is closed", async () => {
    const store = open();
    const session = new AgentSession();
    await store.save(session);
    const commits = store.watch(session.id, { after: 0 })[Symbol.asyncIterator]();
    expect((await commits.next()).value).toMatchObject({ revision: 1 });
    const waiting = [commits.next(), store.watchSessions()[Symbol.asyncIterator]().next()];
    await store.close();
    for (const step of waiting) expect((await step).done).toBe(true);
  });

  test("a session shows its messages as JSON and to whoever looks at it", () =>
    opened(async (store) => {
      const session = await lived(store);
      const loaded = (await store.load(session.id)) as AgentSession;
      const { messages, metadata, id } = JSON.parse(JSON.stringify(loaded)) as AgentSession;
      expect(contents(messages)).toEqual(["summary", "three", "four"]);
      expect(metadata.title).toBe("Titled");
      expect(id).toBe(session.id);
      expect(inspect(loaded)).toMatch(/^AgentSession \{[^]*content: 'four'/);
      const view = await store.load(session.id, { lastMessages: 1 });
      expect(contents((JSON.parse(JSON.stringify(view)) as AgentSession).messages)).toEqual(["four"]);
    }));
}
