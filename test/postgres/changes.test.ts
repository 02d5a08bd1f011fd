import assert from "node:assert/strict";
import pg from "pg";
import { afterAll, beforeAll, onTestFinished, test } from "vitest";
import type { PostgresClient } from "../../src/engine/postgres/client.ts";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { Message } from "../../src/session/message.ts";
import { newSessionId, type SessionId } from "../../src/session/session-id.ts";
import { describeWithServer } from "./postgres.ts";
import { TestServer } from "./server.ts";

/**
 * A writer whose transactions are opened and ended by the test, and whose clock can be set: it puts a function of its
 * own before the server's in the search path.
 */
class HeldClient implements PostgresClient {
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  static async connect(url: string): Promise<HeldClient> {
    const client = new pg.Client(url);
    await client.connect();
    onTestFinished(() => client.end());
    return new HeldClient(client);
  }

  async query(text: string, params: readonly (string | null)[]): Promise<{ rows: never[] }> {
    return { rows: (await this.#client.query(text, [...params])).rows as never[] };
  }

  async script(text: string): Promise<void> {
    await this.#client.query(text);
  }

  async close(): Promise<void> {}
}

describeWithServer("what others change", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ fsync: "off", max_connections: "50" });
    server.sql(`create schema clock; create table clock.shift (seconds int); insert into clock.shift values (0);
      create function clock.clock_timestamp() returns timestamptz language sql volatile
        as $$ select pg_catalog.clock_timestamp() + make_interval(secs => (select seconds from clock.shift)) $$;
      alter database postgres set search_path = clock, pg_catalog, public`);
  });
  afterAll(() => server.dispose());

  const step = (seconds: number): void => void server.sql(`update clock.shift set seconds = ${seconds}`);

  function engineIn(schema: string, client?: PostgresClient): PostgresEngine {
    const engine = new PostgresEngine(
      client === undefined ? { url: server.url, schema, connections: 2 } : { client, schema, migrate: false },
    );
    onTestFinished(() => engine.close());
    return engine;
  }

  /** Whoever watches, and the sessions that it is told of. */
  async function watcher(engine: PostgresEngine): Promise<{ told: (id: SessionId) => Promise<void> }> {
    const stop = new AbortController();
    const hints = engine.changes(stop.signal);
    onTestFinished(async () => {
      stop.abort();
      await hints.return?.(undefined);
    });
    assert.equal((await hints.next()).value, undefined);
    const told = async (id: SessionId): Promise<void> => {
      for (;;) if ((await hints.next()).value === id) return;
    };
    return { told };
  }

  const texts = (id: SessionId, text: string) => ({ splice: ["end", 0, [Message.user(text)]], id }) as const;

  test("is heard of, and found, when the commit was held open while thousands of others came and went", async () => {
    const schema = "held";
    const engine = engineIn(schema);
    const [held, other] = [newSessionId(), newSessionId()];
    await engine.commit(held, { base: 0, splice: texts(held, "first").splice });
    await engine.search({ text: "first" });
    const client = await HeldClient.connect(server.url);
    const writer = engineIn(schema, client);
    await writer.summary(held);
    const { told } = await watcher(engine);

    await client.script("begin");
    await writer.commit(held, { base: 1, splice: texts(held, "needle").splice });
    let base = 0;
    for (let n = 0; n < 50; n++) {
      const splice = ["end", 0, [Message.user(`hay ${n}`)]] as const;
      ({ revision: base } = await engine.commit(other, { base, splice }));
    }
    await told(other);
    // The clock of the one that is held says long ago by now, and its number is far behind.
    step(600);
    server.sql(`do $$ begin for n in 1..12000 loop perform pg_current_xact_id(); commit; end loop; end $$`);
    assert.equal((await engine.search({ text: "needle" })).length, 0);
    await engine.commit(other, { base, splice: texts(other, "late").splice });
    await told(other);
    assert.equal((await engine.search({ text: "late" })).length, 1);

    await client.script("commit");
    await told(held);
    assert.deepEqual(
      (await engine.search({ text: "needle" })).map(({ id }) => id),
      [held],
    );
    step(0);
  });

  test("is heard of, found and listed behind a clock that steps back", async () => {
    const schema = "stepped";
    const engine = engineIn(schema);
    const writer = new PostgresEngine({ url: server.url, schema, connections: 1, search: false });
    onTestFinished(() => writer.close());
    const { told } = await watcher(engine);
    step(7200);
    const early = newSessionId();
    await writer.commit(early, { base: 0, splice: texts(early, "ahead").splice });
    await told(early);
    assert.equal((await engine.search({ text: "ahead" })).length, 1);
    step(-86_400);
    const late = newSessionId();
    await writer.commit(late, { base: 0, splice: texts(late, "needle").splice });
    await told(late);
    assert.equal((await engine.search({ text: "needle" })).length, 1);
    await writer.commit(early, { base: 1, splice: texts(early, "needle").splice });
    await told(early);
    assert.equal((await engine.search({ text: "needle" })).length, 2);
    // A session's own time never steps back.
    const times = (await engine.list({})).sessions.map(({ updatedAt }) => Date.parse(updatedAt));
    assert.ok((times[0] ?? 0) - (times[1] ?? 0) > 80_000_000);
    for (const remove of [true, false]) {
      await writer.remove(late, { trash: remove });
      await told(late);
      if (remove) await writer.restore(late);
      if (remove) await told(late);
    }
    step(0);
  });

  test("is heard of by those who looked before its removal stopped being noted", async () => {
    const schema = "forgotten";
    const engine = engineIn(schema);
    const client = await HeldClient.connect(server.url);
    await engine.migrate();
    // A watcher that looks when the test says so.
    let release = (): void => undefined;
    let gate = Promise.resolve();
    const slow: PostgresClient = {
      query: async (text, params) => {
        if (text.includes("pg_walfile_name")) await gate;
        return await client.query(text, params);
      },
      script: (text) => client.script(text),
      close: () => Promise.resolve(),
    };
    const stop = new AbortController();
    const hints = engineIn(schema, slow).changes(stop.signal);
    assert.equal((await hints.next()).value, undefined);
    gate = new Promise((resolve) => (release = resolve));
    const id = newSessionId();
    await engine.commit(id, { base: 0 });
    await engine.remove(id);
    step(7200);
    await engine.emptyTrash(new Date(0).toISOString());
    assert.deepEqual(server.sql(`select count(*) from ${schema}.activity where id = '${id}'`), ["0"]);
    release();
    // Not which, but that something is.
    assert.equal((await hints.next()).value, undefined);
    stop.abort();
    await hints.return?.(undefined);
    step(0);
  });

  test("is looked for once for any number of watchers, and by nobody when they are gone", async () => {
    const schema = "many";
    const engine = engineIn(schema);
    await engine.migrate();
    const client = await HeldClient.connect(server.url);
    let looks = 0;
    let looked = (): void => undefined;
    const counting: PostgresClient = {
      query: (text, params) => {
        if (text.includes("pg_walfile_name")) {
          looks++;
          looked();
        }
        return client.query(text, params);
      },
      script: (text) => client.script(text),
      close: () => Promise.resolve(),
    };
    const nextLook = (): Promise<void> => new Promise((resolve) => (looked = resolve));
    const watching = engineIn(schema, counting);
    const stop = new AbortController();
    const all = Array.from({ length: 100 }, () => watching.changes(stop.signal));
    await Promise.all(all.map((hints) => hints.next()));
    assert.equal(looks, 1);
    const id = newSessionId();
    const told = Promise.all(all.map((hints) => hints.next()));
    await nextLook();
    await engine.commit(id, { base: 0 });
    const before = looks;
    for (const { value } of await told) assert.equal(value, id);
    assert.ok(looks - before <= 2, `${looks - before} looks`);
    stop.abort();
    await Promise.all(all.map(async (hints) => await hints.return?.(undefined)));
    // Somebody who comes later begins anew.
    const again = new AbortController();
    const hints = watching.changes(again.signal);
    assert.equal((await hints.next()).value, undefined);
    const next = hints.next();
    await engine.commit(id, { base: 1, set: { turnCount: 1 } });
    assert.equal((await next).value, id);
    again.abort();
    await hints.return?.(undefined);
  });
});
