import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import pg from "pg";
import { afterAll, beforeAll, test } from "vitest";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { Message } from "../../src/session/message.ts";
import { newSessionId } from "../../src/session/session-id.ts";
import { describeWithServer } from "./postgres.ts";
import { TestServer } from "./server.ts";
import { COMMAND } from "../command.ts";

interface Health {
  readonly isWell: boolean;
  readonly isPrimary: boolean;
  readonly tables: { readonly version: number; readonly expected: number };
  readonly connections: { readonly used: number; readonly most: number };
  readonly searchBehind: number | null;
}

describeWithServer("the command, on a database", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ fsync: "off" });
  });
  afterAll(() => server.dispose());

  function run(schema: string, ...args: readonly string[]): { status: number | null; document: unknown } {
    const place = `${server.url}?schema=${schema}&migrate=false`;
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [COMMAND, ...args, "--store", place, "--json"],
      { encoding: "utf8" },
    );
    return { status, document: JSON.parse(stdout === "" ? stderr : stdout) as unknown };
  }

  test("migrates, tells how the server is, and cleans up", async () => {
    const schema = "operated";
    const before = run(schema, "health");
    assert.equal(before.status, 1);
    const { tables, isWell } = before.document as Health;
    assert.deepEqual([isWell, tables.version], [false, 0]);
    assert.deepEqual(run(schema, "migrate"), { status: 0, document: { before: 0, now: tables.expected } });
    assert.deepEqual(run(schema, "migrate"), {
      ...{ status: 0, document: { before: tables.expected, now: tables.expected } },
    });

    const engine = new PostgresEngine({ url: server.url, schema, connections: 1 });
    const writer = new PostgresEngine({ url: server.url, schema, connections: 1, search: false });
    const ids = Array.from({ length: 3 }, () => newSessionId());
    const splice = ["end", 0, [Message.user("word")]] as const;
    for (const id of ids) await writer.commit(id, { base: 0, splice, at: "2020-01-01T00:00:00Z" });
    assert.equal((run(schema, "health").document as Health).searchBehind, null);
    assert.equal((await engine.search({ text: "word" })).length, 3);
    for (const id of ids) await writer.commit(id, { base: 1, splice, at: "2020-01-01T00:00:00Z" });
    const health = run(schema, "health");
    const found = health.document as Health;
    assert.deepEqual([health.status, found.isWell, found.isPrimary, found.searchBehind], [0, true, true, 3]);
    assert.ok(found.connections.used >= 2 && found.connections.most > found.connections.used);
    assert.deepEqual(await engine.health(), { ...(await engine.health()) });

    const fresh = newSessionId();
    await writer.commit(fresh, { base: 0 });
    assert.equal(run(schema, "expire").status, 2);
    assert.deepEqual(run(schema, "expire", "--older-than", "1y", "--trash-older-than", "1d"), {
      ...{ status: 0, document: { tenants: 1, trashed: 3, removed: 0 } },
    });
    assert.deepEqual(
      (await engine.list({})).sessions.map(({ id }) => id),
      [fresh],
    );
    assert.deepEqual(run(schema, "expire", "--trash-older-than", "0d", "--all-tenants").document, {
      ...{ tenants: 1, trashed: 0, removed: 3 },
    });
    assert.deepEqual(await engine.trashed(), []);
    await Promise.all([engine.close(), writer.close()]);
  });

  test("cleaning up ends where a row of the listing says something else than its session", async () => {
    const schema = "drifted";
    const engine = new PostgresEngine({ url: server.url, schema, connections: 1, search: false });
    const at = "2020-01-01T00:00:00Z";
    const [old, young, lost] = [newSessionId(), newSessionId(), newSessionId()];
    for (const id of [old, young, lost])
      await engine.commit(id, { base: 0, at: id === young ? undefined : at });
    server.sql(`update ${schema}.activity set updated_ms = 1 where id = '${young}'`);
    server.sql(`delete from ${schema}.sessions where id = '${lost}'`);
    const expired = await engine.expire({ unchangedSince: "2021-01-01T00:00:00Z" });
    assert.deepEqual(expired, { tenants: 1, trashed: 1, removed: 0 });
    assert.deepEqual(
      (await engine.trashed()).map(({ id }) => id),
      [old],
    );
    await engine.close();
  });

  test("health counts what was running at the last search, and trusts no other server's mark", async () => {
    const schema = "marked";
    const engine = new PostgresEngine({ url: server.url, schema, connections: 2 });
    const writer = new PostgresEngine({ url: server.url, schema, connections: 1, search: false });
    const splice = ["end", 0, [Message.user("word")]] as const;
    const id = newSessionId();
    await writer.commit(id, { base: 0, splice });
    // Held open while a search notes how far it is.
    const client = new pg.Client(server.url);
    await client.connect();
    await client.query("begin");
    await client.query(
      `update ${schema}.activity set changed_by = pg_current_xact_id()::text::bigint where id = $1`,
      [id],
    );
    await client.query(`update ${schema}.sessions set next_slot = next_slot + 1 where id = $1`, [id]);
    await engine.search({ text: "word" });
    assert.equal((await engine.health()).searchBehind, 0);
    await client.query("commit");
    await client.end();
    assert.equal((await engine.health()).searchBehind, 1);
    server.sql(`update ${schema}.indexed set cluster = 'another' where cluster is not null`);
    assert.equal((await engine.health()).searchBehind, undefined);
    await Promise.all([engine.close(), writer.close()]);
  });

  test("says what it cannot do on files", () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      [COMMAND, "health", "--store", "/nowhere", "--json"],
      {
        encoding: "utf8",
      },
    );
    assert.equal(status, 2);
    assert.match(stderr, /NOT_SUPPORTED/);
  });
});
