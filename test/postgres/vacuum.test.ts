import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { collected } from "../../src/conformance/samples.ts";
import type { PostgresClient } from "../../src/engine/postgres/client.ts";
import { clientOf } from "../../src/engine/postgres/connection/drivers/connect.ts";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { searchableOf } from "../../src/engine/search/search-text.ts";
import { Message, SessionStore, type StorageEngine } from "../../src/index.ts";
import { newSessionId, type SessionId } from "../../src/session/session-id.ts";
import { describeWithServer } from "./postgres.ts";
import { TestServer } from "./server.ts";
import { SESSION_TABLES } from "./session-tables.ts";

const textOf = (message: Message): string => searchableOf(message).text;
const FLOWERS = "anemone bluebell crocus dahlia edelweiss foxglove gentian hyacinth iris jasmine".split(" ");

describeWithServer("giving up history", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ fsync: "off" });
  });
  afterAll(() => server.dispose());

  function engineIn(schema: string): PostgresEngine {
    const engine = new PostgresEngine({ url: server.url, schema, connections: 4 });
    onTestFinished(() => engine.close());
    return engine;
  }

  /** A message with a word of its own at each of ten positions, of which the middle ones are summarised. */
  async function summarised(engine: StorageEngine): Promise<SessionId> {
    const id = newSessionId();
    await engine.commit(id, { base: 0, splice: [0, 0, FLOWERS.map((name) => Message.user(name))] });
    await engine.commit(id, { base: 1, splice: [2, 6, [Message.user("in short")]] });
    await engine.commit(id, { base: 2, splice: ["end", 0, [Message.user("further")]] });
    return id;
  }

  const texts = async (engine: StorageEngine, id: SessionId): Promise<string[]> =>
    (await engine.read(id))?.messages.map(textOf) ?? [];

  /** The rows of a session's tables that have a word in them. */
  const rowsWith = (schema: string, word: string): number =>
    SESSION_TABLES.reduce(
      (sum, table) =>
        sum + server.sql(`select 1 from ${schema}.${table} t where t::text ilike '%${word}%'`).length,
      0,
    );

  test("what no revision has any more is in no row, and is not found; a search finds the rest", async () => {
    const engine = engineIn("v1");
    const [indexed, fresh] = [await summarised(engine), newSessionId()];
    expect(await engine.search({ text: "anemone" })).toHaveLength(1);
    expect(rowsWith("v1", "crocus")).toBe(2);
    // One whose words are not indexed yet: its last message goes, too.
    await engine.commit(fresh, { base: 0, splice: [0, 0, [Message.user("begin"), Message.user("middle")]] });
    await engine.commit(fresh, { base: 1, splice: [1, 1, [Message.user("end")]] });
    await engine.commit(fresh, { base: 2, splice: [1, 1, []] });
    expect((await engine.giveUp(indexed, { revision: 3 }))?.bytes).toBeGreaterThan(0);
    expect((await engine.giveUp(fresh, { revision: 3 }))?.bytes).toBeGreaterThan(0);
    expect(rowsWith("v1", "crocus")).toBe(0);
    expect(rowsWith("v1", "middle")).toBe(0);
    for (const [text, found] of [
      ["anemone", 1],
      ["jasmine", 1],
      ["further", 1],
      ["begin", 1],
      ["dahlia", 0],
      ["end", 0],
    ] as const)
      expect(await engine.search({ text }), text).toHaveLength(found);
    for (const id of [indexed, fresh])
      expect(await engine.verify(id)).toMatchObject({ state: "ok", findings: [] });
    expect(await texts(engine, indexed)).toEqual([
      "anemone",
      "bluebell",
      "in short",
      "iris",
      "jasmine",
      "further",
    ]);
    expect((await engine.health()).searchBehind).toBe(0);
  });

  test("a snapshot of a kept revision is read on; one of a revision that went is refused, and never mixed up", async () => {
    const engine = engineIn("v2");
    const id = newSessionId();
    await engine.commit(id, { base: 0, splice: [0, 0, [Message.user("one"), Message.user("two")]] });
    const gone = await engine.snapshot(id);
    await engine.commit(id, { base: 1, splice: [0, 1, [Message.user("short")]] });
    const kept = await engine.snapshot(id);
    assert.ok(gone && kept);
    await engine.commit(id, { base: 2, splice: ["end", 0, [Message.user("three")]] });
    const reading = engine.commits(id, 0);
    await engine.giveUp(id, { revision: 2 });
    const read = await collected(kept.messages());
    expect(read.map(({ message }) => textOf(message))).toEqual(["short", "two"]);
    await expect(collected(gone.messages())).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect((await collected(reading)).map(({ revision }) => revision)).toEqual([2, 3]);
  });

  test("a connection that breaks while it is stored leaves the old or the new state, and one report", async () => {
    const engine = engineIn("v3");
    const id = await summarised(engine);
    // Held up by a lock, and then ended by the server.
    const blocker = new pg.Client(server.url);
    await blocker.connect();
    onTestFinished(() => blocker.end());
    await blocker.query(`begin; select from v3.sessions where id = '${id}' for update`);
    const giving = engine.giveUp(id, { revision: 3 });
    const ended = (): boolean =>
      server.sql(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where wait_event_type = 'Lock' and query like '%restated as%' and pid <> pg_backend_pid()`,
      ).length > 0;
    while (!ended()) await sleep(20);
    expect((await collected(engine.commits(id, 0))).map(({ revision }) => revision)).toEqual([1, 2, 3]);
    await blocker.query("rollback");
    expect(await giving).toMatchObject({ begins: 3, revisions: 2 });
    expect(await engine.verify(id)).toMatchObject({ state: "ok", findings: [] });
  });

  test("writers, redactions and other vacuums at the same time: nothing is lost, nothing contradicts", async () => {
    const engine = engineIn("v4");
    const store = new SessionStore(engine);
    const id = await summarised(engine);
    let given = 0;
    const write = async (): Promise<void> => {
      for (let count = 0; count < 30; count++) {
        await engine.commit(id, { splice: ["end", 0, [Message.user(`n${count}`)]] });
        if (count % 7 === 0) {
          const { revision } = (await engine.head(id)) ?? { revision: 0 };
          await engine.commit(id, { base: revision, splice: [0, 1, []] }).catch(() => undefined);
        }
      }
    };
    const giveUp = async (lag: number): Promise<void> => {
      for (let count = 0; count < 15; count++) {
        const { revision } = (await engine.head(id)) ?? { revision: 0 };
        const done = await engine.giveUp(id, { revision: Math.max(revision - lag, 1) });
        given += done?.revisions ?? 0;
      }
    };
    const verify = async (): Promise<void> => {
      for (let count = 0; count < 10; count++)
        expect(await engine.verify(id)).toMatchObject({ state: "ok", findings: [] });
    };
    const redact = async (): Promise<void> => {
      for (const also of ["crocus", "dahlia", "jasmine"]) await store.redact(id, { also: [also] });
    };
    await Promise.all([write(), giveUp(1), giveUp(3), verify(), redact()]);
    for (const word of ["crocus", "dahlia", "jasmine"]) expect(rowsWith("v4", word)).toBe(0);
    const [first] = await collected(engine.commits(id, 0));
    expect(given).toBe((first?.revision ?? 0) - 1);
    expect((await texts(engine, id)).slice(-30)).toEqual(
      Array.from({ length: 30 }, (_, index) => `n${index}`),
    );
    expect(await engine.verify(id)).toMatchObject({ state: "ok", findings: [] });
  });

  test("a session that is written to all the time is passed over, and the others' history goes", async () => {
    const engine = engineIn("v5");
    const [busy, other] = [await summarised(engine), await summarised(engine)];
    const pool = new pg.Pool({ connectionString: server.url });
    onTestFinished(() => pool.end());
    const client = clientOf(pool);
    const beside: PostgresClient = {
      // Somebody commits whenever the history was read and is about to be given up.
      query: async (text, params, options) => {
        if (text.includes("as gap(first, past)") && params.includes(busy))
          await engine.commit(busy, { splice: ["end", 0, [Message.user("more")]] });
        return await client.query(text, params, options);
      },
      script: (text) => client.script(text),
      close: () => client.close(),
    };
    await using store = new SessionStore(new PostgresEngine({ client: beside, schema: "v5" }), {
      closeEngine: true,
    });
    const { sessions, spared } = await store.vacuum({
      history: { beforeRevision: 3 },
      ids: [busy, other],
    });
    expect(spared).toMatchObject([{ id: busy, because: "busy" }]);
    expect(sessions).toMatchObject([{ id: other, begins: 3, revisions: 2 }]);
    expect((await collected(engine.commits(busy, 0)))[0]?.revision).toBe(1);
  });
});
