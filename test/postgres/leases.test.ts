import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, onTestFinished, test } from "vitest";
import { Child } from "../../src/conformance/child.ts";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { AgentSession, LeaseLostError, Message, SessionStore } from "../../src/index.ts";
import { describeWithServer } from "./postgres.ts";
import { TestServer } from "./server.ts";

/** So short that it runs out while a test waits; nothing depends on that it has not. */
const SHORT = 500;

describeWithServer("leases on PostgreSQL", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ fsync: "off" });
  });
  afterAll(() => server.dispose());

  const storeOf = (leaseDuration: number): SessionStore =>
    new SessionStore(new PostgresEngine({ url: server.url, connections: 2, leaseDuration }), {
      closeEngine: true,
    });

  async function saved(store: SessionStore): Promise<string> {
    const session = new AgentSession();
    await store.save(session);
    return session.id;
  }

  /** A process that holds a session, and writes under its lease when it is sent a line. */
  function holder(id: string): Child {
    const index = new URL("../../src/index.ts", import.meta.url).href;
    const code = `import { once } from "node:events";
      import { Message, SessionStore } from ${JSON.stringify(index)};
      const [url, id] = process.argv.slice(1);
      const store = await SessionStore.open(url);
      const lease = await store.lease(id, { by: "sleeper" });
      console.log("held");
      await once(process.stdin, "data");
      try {
        await store.append(id, [Message.user("late")], { lease });
        console.log("answer", "stored");
      } catch ({ code, holder, message }) {
        console.log("answer", code, holder?.by, message);
      }
      await store.close();`;
    const url = `${server.url}?connections=2&leaseDuration=${SHORT}`;
    return new Child(["--input-type=module", "-e", code, url, id]);
  }

  async function untilFree(store: SessionStore, id: string): Promise<void> {
    while ((await store.summary(id))?.held !== null) await sleep(20);
  }

  test("an owner that slept past its lease is refused, whether someone else has the session or not", async () => {
    await using store = storeOf(600_000);
    for (const isTaken of [true, false]) {
      const id = await saved(store);
      await using child = holder(id);
      await child.line(/held/);
      child.process.kill("SIGSTOP");
      await untilFree(store, id);
      if (isTaken) await store.lease(id, { by: "the next" });
      child.process.stdin.end("go\n");
      child.process.kill("SIGCONT");
      const answer = await child.line(/answer/);
      assert.match(answer, isTaken ? /^answer LEASE_LOST the next/ : /^answer LEASE_LOST undefined/);
      await child.output();
      assert.equal((await store.load(id))?.messages.length, 0);
    }
  });

  test("the session of an owner that was killed is free when its lease has run out", async () => {
    await using store = storeOf(600_000);
    const id = await saved(store);
    await using child = holder(id);
    await child.line(/held/);
    await child.kill();
    await untilFree(store, id);
    await store.lease(id, { by: "the next" });
  });

  test("a lease is renewed for as long as its owner lives, and no longer", async () => {
    await using store = storeOf(3000);
    const id = await saved(store);
    const expiry = (): number =>
      Number(server.sql(`select expires_ms from astrid_sessions.leases where id = '${id}'`)[0]);
    const lease = await store.lease(id, { by: "us" });
    const first = expiry();
    while (expiry() === first) await sleep(50);
    await lease.release();
    assert.ok(Number.isNaN(expiry()));
  });

  test("a commit that is under way when the session is taken over is stored before, or not at all", async () => {
    await using store = storeOf(600_000);
    await using other = storeOf(600_000);
    const id = await saved(store);
    const lease = await store.lease(id, { by: "us" });
    // Somebody has the session's row locked, so that the commit has found its lease and waits.
    const blocker = new pg.Client(server.url);
    await blocker.connect();
    onTestFinished(() => blocker.end());
    await blocker.query(`begin; select from astrid_sessions.sessions where id = '${id}' for update`);
    const isWaiting = (query: string): boolean =>
      server.sql(
        `select 1 from pg_stat_activity
         where wait_event_type = 'Lock' and query like '%${query}%' and pid <> pg_backend_pid()`,
      ).length > 0;
    const committing = store.append(id, [Message.user("in time")], { lease });
    while (!isWaiting("leased as")) await sleep(20);
    const taking = other.lease(id, { by: "them", takeOver: true });
    while (!isWaiting("taken as")) await sleep(20);
    await blocker.query("rollback");
    const { revision } = await committing;
    const owner = await taking;
    await assert.rejects(store.append(id, [Message.user("late")], { lease }), LeaseLostError);
    assert.equal((await store.append(id, [Message.user("theirs")], { lease: owner })).revision, revision + 1);
  });
});
