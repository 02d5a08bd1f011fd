import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import postgres from "postgres";
import { afterAll, beforeAll, onTestFinished, test } from "vitest";
import type { PostgresClient, Row } from "../../src/engine/postgres/client.ts";
import { migrate } from "../../src/engine/postgres/schema/migrate.ts";
import { Message } from "../../src/session/message.ts";
import { Child } from "../../src/conformance/child.ts";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { newSessionId } from "../../src/session/session-id.ts";
import { SessionStoreError } from "../../src/session/errors/errors.ts";
import { describeWithServer } from "./postgres.ts";
import { TestServer } from "./server.ts";
import { SESSION_TABLES } from "./session-tables.ts";

const DUMP = new URL("schema.sql", import.meta.url);
const MIGRATIONS = readdirSync(new URL("../../sql/", import.meta.url)).filter((name) =>
  /^\d{4}-/.test(name),
).length;
/** The step that makes `heads_by_model`. */
const MODELS = 9;

/** A client on one connection. */
function clientOf(client: pg.Client): PostgresClient & { alone(text: string): Promise<void> } {
  return {
    query: async (text, params) => ({ rows: (await client.query<Row>(text, [...params])).rows }),
    script: async (text) => {
      try {
        await client.query(`begin; ${text}; commit`);
      } catch (error) {
        await client.query("rollback");
        throw error;
      }
    },
    alone: async (text) => {
      await client.query(text);
    },
    close: () => Promise.resolve(),
  };
}

describeWithServer("the tables", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ fsync: "off", max_connections: "200" });
  });
  afterAll(() => server.dispose());

  const engineIn = (schema: string, more: object = {}): PostgresEngine =>
    new PostgresEngine({ url: server.url, schema, connections: 1, ...more });

  test("twenty engines that open an empty database at once all get there", async () => {
    for (let round = 0; round < 3; round++) {
      const engines = Array.from({ length: 20 }, () => engineIn(`twenty_${round}`));
      const ids = engines.map(() => newSessionId());
      await Promise.all(
        engines.map((engine, index) => engine.commit(ids[index] ?? newSessionId(), { base: 0 })),
      );
      assert.equal((await engines[0]?.list({}))?.sessions.length, 20);
      await Promise.all(engines.map((engine) => engine.close()));
      assert.deepEqual(server.sql(`select count(*) from twenty_${round}.migrations`), [String(MIGRATIONS)]);
    }
  });

  test("a process that is killed while it makes them leaves nothing half-made", async () => {
    const module = new URL("opener.ts", import.meta.url).href;
    // It kills itself behind the n-th time that it sends something to the server: what is written in one go is sent at
    // once. Printing is not one of them.
    const code = `import { Socket } from "node:net";
      const { open } = await import(${JSON.stringify(module)});
      const { _writeGeneric } = Socket.prototype;
      let writes = 0;
      Socket.prototype._writeGeneric = function (...args) {
        const result = _writeGeneric.apply(this, args);
        if (++writes === Number(process.argv[2])) process.kill(process.pid, "SIGKILL");
        return result;
      };
      await open(process.argv[1]).list({});
      process.kill(process.pid, "SIGTERM");`;
    let last: NodeJS.Signals | null = "SIGKILL";
    let round = 0;
    while (last === "SIGKILL") {
      const schema = `killed_${++round}`;
      const url = `${server.url}?schema=${schema}`;
      const child = new Child(["--input-type=module", "-e", code, url, String(round)]);
      ({ signal: last } = await child.ended);
      const engine = engineIn(schema);
      assert.deepEqual((await engine.list({})).sessions, [], child.errors);
      await engine.close();
    }
    assert.equal(last, "SIGTERM");
    assert.ok(round > 20, `killed ${round - 1} times`);
  });

  test("are what the committed dump says; update it with UPDATE_SCHEMA=1", async () => {
    const engine = engineIn("dumped");
    await engine.migrate();
    await engine.close();
    const text = server
      .program("pg_dump", [
        "-d",
        server.url,
        "--schema-only",
        "-n",
        "dumped",
        "--no-owner",
        "--no-privileges",
      ])
      .split("\n")
      // Comments name versions of the server; restrict is a random key of newer ones.
      .filter((line) => !/^(--|SET |SELECT |\\(un)?restrict)/.test(line))
      .join("\n")
      .replace(/\n{3,}/g, "\n\n")
      .trim();
    if (process.env["UPDATE_SCHEMA"] === "1") {
      const { writeFileSync } = await import("node:fs");
      writeFileSync(DUMP, `${text}\n`);
    }
    assert.equal(`${text}\n`, readFileSync(DUMP, "utf8"));
  });

  test("that are newer than this version are refused and left as they are", async () => {
    const engine = engineIn("newer");
    await engine.migrate();
    await engine.close();
    server.sql("insert into newer.migrations (version) values (99)");
    const again = engineIn("newer");
    await assert.rejects(
      again.list({}),
      (error) => error instanceof SessionStoreError && error.code === "NEWER_SCHEMA",
    );
    await assert.rejects(again.commit(newSessionId(), { base: 0 }), { code: "NEWER_SCHEMA" });
    await again.close();
  });

  test("are not made where the caller does not want it", async () => {
    const engine = engineIn("unwanted", { migrate: false });
    await assert.rejects(engine.list({}), /migrate\(\)/);
    assert.deepEqual(server.sql("select 1 from pg_namespace where nspname = 'unwanted'"), []);
    // Said in so many words, it is wanted.
    assert.deepEqual(await engine.migrate(), { before: 0, now: MIGRATIONS });
    assert.deepEqual((await engine.list({})).sessions, []);
    await engine.close();
  });

  test("have keys that begin with the tenant, and nothing that cannot be distributed", async () => {
    const engine = engineIn("portable");
    await engine.migrate();
    await engine.close();
    const keys = server.sql(`select indexdef from pg_indexes where schemaname = 'portable'
      and indexdef like 'CREATE UNIQUE%' and tablename <> 'migrations'`);
    assert.ok(keys.length >= 5);
    for (const key of keys) assert.match(key, /\(tenant, /);
    const sql = postgres(server.url, { max: 1 });
    const odd = await sql`select conname from pg_constraint join pg_namespace n on n.oid = connamespace
      where nspname = 'portable' and contype = 'f'`;
    assert.equal(odd.length, 0);
    await sql.end();
  });

  test("of version 6 are brought to this one with what is in them; writers of then are refused, readers go on", async () => {
    const schema = "six";
    server.sql(`create schema ${schema};
      create table ${schema}.migrations (version bigint primary key, applied_at timestamptz not null default now());
      insert into ${schema}.migrations (version) select generate_series(1, 6)`);
    const files = readdirSync(new URL("../../sql/", import.meta.url)).filter((name) =>
      /^000[1-6]-/.test(name),
    );
    for (const name of files.sort()) server.file(name, { schema });
    const [id, life, trashed] = [newSessionId(), newSessionId(), newSessionId()];
    const body = JSON.stringify(Message.user("needle of then"));
    const head = `'"0000000000000000"', '"2024-01-01T00:00:00Z"', 1704067200000, '"Old"', 'old', 'old:1', '[]', '{}', '{}', '{}',
      'null', 'null', 'null', '"m"', 'null', '[]', '""', '{}'`;
    const add = (session: string, itsLife: string, removed: number): string => `
      insert into ${schema}.sessions (tenant, id, removed_ms, life, revision, tag, updated_ms, next_slot, runs, message_count,
          bytes, token_count, turn_count, tool_call_count, approval_count, budget_snapshot, git_state, preview, preview_position)
        values ('default', '${session}', ${removed}, '${itsLife}', 1, '${itsLife}', 1704067200000, 1, '{0,1}', 1,
          ${body.length}, 0, 0, 0, 0, 'null', 'null', '"needle of then"', 0);
      insert into ${schema}.heads values ('default', '${itsLife}', '${session}', ${head});
      insert into ${schema}.messages values ('default', '${itsLife}', 0, '${body}');`;
    server.sql(add(id, life, 0) + add(trashed, newSessionId(), 1704067200001));
    // A long transaction, as of a backup, holds a lock that a step needs; nobody who writes queues behind it for long.
    const holder = new pg.Client(server.url);
    await holder.connect();
    await holder.query(`begin; lock table ${schema}.sessions in row share mode`);
    const engine = engineIn(schema);
    const migrating = engine.migrate();
    const held = new pg.Client(server.url);
    await held.connect();
    while ((await held.query(`select 1 from pg_locks where not granted`)).rowCount === 0) await sleep(10);
    await held.query(`set statement_timeout = '20s'; update ${schema}.sessions set turn_count = 1`);
    await held.end();
    await holder.query("rollback");
    await holder.end();
    assert.deepEqual(await migrating, { before: 6, now: MIGRATIONS });
    assert.equal((await engine.read(id))?.messages[0]?.content, "needle of then");
    assert.deepEqual(
      (await engine.list({ model: "m" })).sessions.map((session) => session.id),
      [id],
    );
    assert.equal((await engine.search({ text: "needle" })).length, 1);
    assert.deepEqual(
      (await engine.trashed()).map((session) => session.id),
      [trashed],
    );
    assert.equal(await engine.restore(trashed), true);
    assert.throws(() => server.sql(`update ${schema}.sessions set stored_ms = null`), /stored_ms/);
    assert.throws(() => server.sql(`update ${schema}.sessions set moved_by = null`), /moved_by/);
    await engine.close();
  });

  test.each(["url", "pg", "postgres"])("an index is made beside those who write (%s)", async (kind) => {
    const schema = `beside_${kind}`;
    const first = engineIn(schema);
    await first.migrate();
    await first.close();
    server.sql(
      `drop index ${schema}.heads_by_model; delete from ${schema}.migrations where version >= ${MODELS}`,
    );
    const pool = new pg.Pool({ connectionString: server.url, max: 1 });
    const sql = postgres(server.url, { max: 1 });
    const clients = { pg: { client: pool }, postgres: { client: sql }, url: { url: server.url } };
    const engine = new PostgresEngine({ schema, ...clients[kind as keyof typeof clients] });
    const writer = new pg.Client(server.url);
    await writer.connect();
    await writer.query(`begin; lock table ${schema}.heads in row exclusive mode`);
    const migrating = engine.migrate();
    // It waits for those who write already, and whoever comes now need not wait for it.
    const waiting = `select 1 from pg_stat_activity where wait_event_type = 'Lock'
      and query like 'create index concurrently%' and query like '%${schema}%'`;
    while (server.sql(waiting).length === 0) await sleep(10);
    server.sql(`set lock_timeout = '20s'; begin; lock table ${schema}.heads in row exclusive mode; commit`);
    await writer.query("commit");
    assert.deepEqual(await migrating, { before: MODELS - 1, now: MIGRATIONS });
    const made = `select indisvalid from pg_index where indexrelid = '${schema}.heads_by_model'::regclass`;
    assert.deepEqual(server.sql(made), ["t"]);
    await Promise.all([writer.end(), engine.close(), pool.end(), sql.end()]);
  });

  test("an index that was left unfinished is made anew, beside any number of others that do the same", async () => {
    const schema = "unfinished";
    const first = engineIn(schema);
    await first.migrate();
    const id = newSessionId();
    await first.commit(id, { base: 0 });
    server.sql(`delete from ${schema}.migrations where version >= ${MODELS};
      update pg_index set indisvalid = false where indexrelid = '${schema}.heads_by_model'::regclass`);
    const clients = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const client = new pg.Client(server.url);
        await client.connect();
        onTestFinished(() => client.end());
        return client;
      }),
    );
    await Promise.all(clients.map((client) => migrate(clientOf(client), schema)));
    assert.deepEqual(
      server.sql(`select indisvalid from pg_index where indexrelid = '${schema}.heads_by_model'::regclass`),
      ["t"],
    );
    assert.deepEqual(server.sql(`select max(version) from ${schema}.migrations`), [String(MIGRATIONS)]);
    await first.close();
  });

  test("an index that one has begun to take away is made again, although another has claimed the step", async () => {
    const schema = "claimed";
    const first = engineIn(schema);
    await first.migrate();
    await first.close();
    const index = `'${schema}.heads_by_model'::regclass`;
    const unfinished = `update pg_index set indisvalid = false where indexrelid = ${index}`;
    server.sql(`delete from ${schema}.migrations where version >= ${MODELS}; ${unfinished}`);
    const client = new pg.Client(server.url);
    await client.connect();
    onTestFinished(() => client.end());
    const plain = clientOf(client);
    let drops = 0;
    const alone = async (text: string): Promise<void> => {
      if (!text.startsWith("drop") || ++drops > 1) {
        await plain.alone(text);
        return;
      }
      await migrate(plain, schema);
      server.sql(unfinished);
      throw Object.assign(new Error("tuple concurrently updated"), { code: "XX000" });
    };
    await migrate({ ...plain, alone }, schema);
    assert.deepEqual(server.sql(`select indisvalid from pg_index where indexrelid = ${index}`), ["t"]);
    assert.ok(drops > 1);
  });

  test("with columns that a newer version added are read and written on by connections that are open", async () => {
    const schema = "wider";
    const engine = engineIn(schema);
    const id = newSessionId();
    const everything = async (base: number): Promise<void> => {
      await engine.commit(id, { base, splice: ["end", 0, [Message.user("x")]], side: { list: [1] } });
      await engine.read(id);
      await engine.list({});
      await engine.list({ model: "m", limit: 3 });
      await engine.search({ text: "x" });
      for await (const _ of engine.commits(id, 0)) continue;
      for await (const _ of engine.sideItems(id, {})) continue;
      assert.equal((await engine.verify(id)).state, "ok");
      await engine.remove(id, { trash: true });
      await engine.trashed();
      await engine.restore(id);
    };
    for (let base = 0; base < 7; base++) await everything(base);
    for (const table of SESSION_TABLES)
      server.sql(`alter table ${schema}.${table} add column newer text default 'y'`);
    await everything(7);
    await engine.close();
  });

  test("stand in any schema", async () => {
    const schema = `odd "name" $1 'x'`;
    const engine = engineIn(schema);
    const id = newSessionId();
    await engine.commit(id, { base: 0 });
    assert.equal((await engine.read(id))?.revision, 1);
    await engine.close();
  });
});
