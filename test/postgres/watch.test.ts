import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import postgres from "postgres";
import { afterAll, beforeAll, onTestFinished, test } from "vitest";
import type { PostgresClient } from "../../src/engine/postgres/client.ts";
import { clientOf, type AnyPostgresClient } from "../../src/engine/postgres/connection/drivers/connect.ts";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { newSessionId, type SessionId } from "../../src/session/session-id.ts";
import { describeWithServer } from "./postgres.ts";
import { TestServer } from "./server.ts";

/** A third of the time in which a watcher looks by itself. */
const SOON = 170;
const ROUNDS = 7;

describeWithServer("a watcher of another process's changes", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ fsync: "off" });
  });
  afterAll(() => server.dispose());

  function engineWith(client: AnyPostgresClient, schema: string): PostgresEngine {
    const engine = new PostgresEngine({ client, schema, search: false });
    onTestFinished(() => engine.close());
    return engine;
  }

  function clientBy(driver: string): AnyPostgresClient {
    if (driver === "postgres") {
      const sql = postgres(server.url, { max: 2, onnotice: () => undefined });
      onTestFinished(() => sql.end());
      return sql;
    }
    const pool = new pg.Pool({ connectionString: server.url, max: 3 });
    pool.on("error", () => undefined);
    onTestFinished(() => pool.end());
    return pool;
  }

  /**
   * Milliseconds until the watcher hears of each of some commits, the median. Each commit follows upon the look that
   * found the one before, so that without a notification the next look is half a second away.
   */
  async function delay(watcher: PostgresEngine, schema: string, notify: boolean): Promise<number> {
    const writer = new PostgresEngine({ url: server.url, schema, connections: 2, notify });
    onTestFinished(() => writer.close());
    const id = newSessionId();
    let { revision } = await writer.commit(id, { base: 0 });
    const stop = new AbortController();
    const hints = watcher.changes(stop.signal);
    const heard = async (sought: SessionId | undefined): Promise<void> => {
      for (;;) {
        const { value, done } = await hints.next();
        assert.ok(done !== true);
        if (value === sought) return;
      }
    };
    await heard(undefined);
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      // The watcher looks once more for each notification that is still on its way.
      const next = heard(id);
      await sleep(round === 0 ? 0 : 100);
      const begun = performance.now();
      ({ revision } = await writer.commit(id, { base: revision, set: { turnCount: round } }));
      await next;
      times.push(performance.now() - begun);
    }
    stop.abort();
    await hints.return?.(undefined);
    return times.toSorted((left, right) => left - right)[ROUNDS >> 1] ?? Infinity;
  }

  test.each(["postgres", "pg"])("is woken by a notification long before it looks (%s)", async (driver) => {
    const schema = `woken_${driver}`;
    const watcher = engineWith(clientBy(driver), schema);
    await watcher.migrate();
    // On a busy machine both take longer.
    const notified = await delay(watcher, schema, true);
    const unnotified = await delay(watcher, schema, false);
    assert.ok(unnotified > SOON, `without: ${Math.round(unnotified)} ms`);
    assert.ok(
      notified < unnotified / 2,
      `with: ${Math.round(notified)} ms, without: ${Math.round(unnotified)} ms`,
    );
  });

  test("finds every change by itself when notifications are lost", async () => {
    const client = clientOf(clientBy("postgres"));
    let listeners = 0;
    const deaf: PostgresClient = {
      query: (...args) => client.query(...args),
      script: (text) => client.script(text),
      listen: (channel) => client.listen?.(channel, () => listeners++) ?? assert.fail(),
      close: () => client.close(),
    };
    const watcher = engineWith(deaf, "lost");
    await watcher.migrate();
    const late = await delay(watcher, "lost", true);
    assert.ok(late > SOON && late < 5000, `${Math.round(late)} ms`);
    assert.ok(listeners > 0, "there were notifications to lose");
  });

  test("goes on when the connection that listens is ended", async () => {
    const watcher = engineWith(clientBy("pg"), "ended");
    const writer = new PostgresEngine({ url: server.url, schema: "ended", connections: 1, notify: true });
    onTestFinished(() => writer.close());
    const id = newSessionId();
    let { revision } = await writer.commit(id, { base: 0 });
    const stop = new AbortController();
    const hints = watcher.changes(stop.signal);
    assert.equal((await hints.next()).value, undefined);
    const ended = server.sql(
      "select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen %' and pid <> pg_backend_pid()",
    );
    assert.ok(ended.includes("t"), "there was a connection that listens");
    for (let round = 0; round < 3; round++) {
      const next = hints.next();
      await sleep(20);
      ({ revision } = await writer.commit(id, { base: revision, set: { turnCount: round } }));
      assert.equal((await next).value, id);
    }
    stop.abort();
    await hints.return?.(undefined);
  });
});
