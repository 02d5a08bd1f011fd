import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterAll, afterEach, beforeAll, onTestFinished, test } from "vitest";
import type { PostgresEngineOptions } from "../../src/engine/postgres/options.ts";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { AgentSession } from "../../src/session/agent-session.ts";
import { Message } from "../../src/session/message.ts";
import { SessionStore } from "../../src/store/session-store.ts";
import { describeWithServer } from "./postgres.ts";
import { TestServer } from "./server.ts";

const FALLBACK = "astrid-sessions:postgres:fallback";

describeWithServer("reads that may be behind", () => {
  let primary: TestServer;
  let standby: TestServer;
  beforeAll(async () => {
    primary = await TestServer.start({ fsync: "off" });
    standby = await TestServer.reserve();
    await standby.becomeStandby(primary, "b", { hot_standby_feedback: "on" });
  });
  afterEach(() => standby.sql("select pg_wal_replay_resume()"));
  afterAll(async () => {
    await standby.dispose();
    await primary.dispose();
  });

  function storeOf(options: Partial<PostgresEngineOptions> = {}): SessionStore {
    const engine = new PostgresEngine({
      url: primary.url,
      replicas: standby.url,
      connections: 2,
      ...options,
    });
    const store = new SessionStore(engine, { closeEngine: true });
    onTestFinished(() => store.close());
    return store;
  }

  /** Why the primary was asked instead. */
  function fallbacks(): string[] {
    const heard: string[] = [];
    const listen = (event: unknown): void =>
      void heard.push(String((event as { readonly error: unknown }).error));
    subscribe(FALLBACK, listen);
    onTestFinished(() => void unsubscribe(FALLBACK, listen));
    return heard;
  }

  /** The standby has replayed what is stored now. */
  async function caughtUp(): Promise<void> {
    const [end] = primary.sql("select pg_current_wal_insert_lsn()");
    while (standby.sql(`select pg_last_wal_replay_lsn() >= '${end ?? ""}'`)[0] !== "t") {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  const titles = async (store: SessionStore, mayBeBehind: boolean): Promise<(string | null)[]> =>
    (await store.listWithMetadata({ mayBeBehind })).map(({ title }) => title);
  const found = async (store: SessionStore, text: string, mayBeBehind: boolean): Promise<number> =>
    (await store.search(text, { mayBeBehind })).length;

  test("lists, searches and loads lack what a standby has not replayed, and have it later", async () => {
    const store = storeOf({ tenant: "paused" });
    const heard = fallbacks();
    const session = new AgentSession({ messages: [Message.user("early word")] });
    session.metadata.title = "early";
    await store.save(session);
    assert.equal(await found(store, "early", false), 2);
    await caughtUp();
    assert.deepEqual(await titles(store, true), ["early"]);

    standby.sql("select pg_wal_replay_pause()");
    session.addMessage(Message.user("late word"));
    session.metadata.title = "late";
    await store.save(session);
    assert.deepEqual([await titles(store, false), await titles(store, true)], [["late"], ["early"]]);
    assert.deepEqual([await found(store, "late", false), await found(store, "late", true)], [2, 0]);
    assert.equal(await found(store, "early", true), 2);
    const length = async (mayBeBehind: boolean): Promise<number | undefined> =>
      (await store.load(session.id, { mayBeBehind }))?.messages.length;
    assert.deepEqual([await length(false), await length(true)], [2, 1]);

    standby.sql("select pg_wal_replay_resume()");
    await caughtUp();
    assert.deepEqual([await titles(store, true), await length(true)], [["late"], 2]);
    assert.equal(await found(store, "late", true), 2);
    assert.deepEqual(heard, []);
  });

  test("a save on what was behind is refused, and nothing is lost", async () => {
    const store = storeOf({ tenant: "refused" });
    const session = new AgentSession({ messages: [Message.user("one")] });
    await store.save(session);
    await caughtUp();
    standby.sql("select pg_wal_replay_pause()");
    session.addMessage(Message.user("two"));
    await store.save(session);
    const behind = await store.load(session.id, { mayBeBehind: true });
    assert.equal(behind?.messages.length, 1);
    behind.addMessage(Message.user("instead"));
    await assert.rejects(store.save(behind), { code: "CONFLICT", currentRevision: 2 });
    const again = await store.load(session.id);
    assert.deepEqual(
      again?.messages.map(({ content }) => content),
      ["one", "two"],
    );
  });

  test("with a delay that the standby was told to keep", async () => {
    const store = storeOf({ tenant: "delayed" });
    await store.save(new AgentSession({ messages: [Message.user("before")] }));
    await caughtUp();
    standby.sql("alter system set recovery_min_apply_delay = '1h'");
    standby.sql("select pg_reload_conf()");
    await store.save(new AgentSession({ messages: [Message.user("after")] }));
    assert.deepEqual([(await titles(store, false)).length, (await titles(store, true)).length], [2, 1]);
    standby.sql("alter system reset recovery_min_apply_delay");
    standby.sql("select pg_reload_conf()");
    await caughtUp();
    assert.equal((await titles(store, true)).length, 2);
  });

  test("what others read goes to the primary, whatever was asked for before", async () => {
    const store = storeOf({ tenant: "others" });
    const session = new AgentSession({ messages: [Message.user("one")] });
    await store.save(session);
    await caughtUp();
    standby.sql("select pg_wal_replay_pause()");
    session.addMessage(Message.user("two"));
    await store.save(session);
    assert.equal((await store.load(session.id, { mayBeBehind: true }))?.messages.length, 1);
    assert.equal((await store.fork(session.id)).messages.length, 2);
    using snapshot = await store.read(session.id);
    assert.equal(snapshot?.messageCount, 2);
    assert.equal((await store.load(session.id, { lastMessages: 9, mayBeBehind: true }))?.messages.length, 2);
    assert.equal((await store.mostRecent({ mayBeBehind: true }))?.messages.length, 2);
  });

  test("where no standby answers, the primary does: one that is gone, hangs, or is none", async () => {
    const heard = fallbacks();
    const patience = 1500;
    for (const [tenant, replicas, why] of [
      ["gone", "postgres://postgres@127.0.0.1:1/postgres", /ECONNREFUSED/],
      ["none", primary.url, /it is no standby/],
    ] as const) {
      const store = storeOf({ tenant, replicas, patience });
      await store.save(new AgentSession({ messages: [Message.user("word")] }));
      assert.equal((await titles(store, true)).length, 1);
      assert.match(heard.at(-1) ?? "", why);
      const before = heard.length;
      // It is not asked again at once.
      assert.equal((await titles(store, true)).length, 1);
      assert.equal(heard.length, before);
    }
    const store = storeOf({ tenant: "hangs", patience });
    await store.save(new AgentSession({ messages: [Message.user("word")] }));
    await caughtUp();
    assert.equal((await titles(store, true)).length, 1);
    const before = heard.length;
    standby.signal("", "SIGSTOP");
    const listed = await titles(store, true).finally(() => standby.signal("", "SIGCONT"));
    assert.equal(listed.length, 1);
    assert.equal(heard.length, before + 1);
  });

  test("of several standbys, one that answers is used", async () => {
    const heard = fallbacks();
    const replicas = `postgres://postgres@127.0.0.1:1,127.0.0.1:${standby.port}/postgres`;
    const store = storeOf({ tenant: "several", replicas });
    await store.save(new AgentSession({ messages: [Message.user("word")] }));
    await caughtUp();
    standby.sql("select pg_wal_replay_pause()");
    await store.save(new AgentSession({ messages: [Message.user("word")] }));
    assert.equal((await titles(store, true)).length, 1);
    assert.deepEqual(heard, []);
  });

  test("a URL names them as a parameter, and an error does not repeat their password", async () => {
    const url = `${primary.url}?tenant=url&replicas=${encodeURIComponent(standby.url)}`;
    const store = new SessionStore(new PostgresEngine({ url }), { closeEngine: true });
    onTestFinished(() => store.close());
    await store.save(new AgentSession({ messages: [Message.user("word")] }));
    await caughtUp();
    standby.sql("select pg_wal_replay_pause()");
    await store.save(new AgentSession({ messages: [Message.user("word")] }));
    assert.deepEqual([(await titles(store, false)).length, (await titles(store, true)).length], [2, 1]);
    assert.doesNotMatch(store.location, /replicas/);
    assert.throws(
      () => new PostgresEngine({ url: primary.url, replicas: "postgres://me:s3cret@host:port/db" }),
      (error: Error) => !error.message.includes("s3cret"),
    );
  });
});
