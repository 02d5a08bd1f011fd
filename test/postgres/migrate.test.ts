import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import postgres from "postgres";
import { afterAll, beforeAll, test } from "vitest";
import { Child } from "../../src/conformance/child.ts";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { newSessionId } from "../../src/session/session-id.ts";
import { SessionStoreError } from "../../src/session/errors.ts";
import { describeWithServer } from "./postgres.ts";
import { TestServer } from "./server.ts";

const DUMP = new URL("schema.sql", import.meta.url);
const MIGRATIONS = readdirSync(new URL("../../sql/", import.meta.url)).filter((name) =>
  /^\d{4}-/.test(name),
).length;

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
    // It kills itself behind the n-th write to the server; printing is not one of them.
    const code = `import { Socket } from "node:net";
      const { open } = await import(${JSON.stringify(module)});
      const { write } = Socket.prototype;
      let writes = 0;
      Socket.prototype.write = function (...args) {
        const result = write.apply(this, args);
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
    assert.ok(round > 5, `killed ${round - 1} times`);
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
    await assert.rejects(engine.migrate(), /migrate\(\)/);
    await engine.close();
    assert.deepEqual(server.sql("select 1 from pg_namespace where nspname = 'unwanted'"), []);
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

  test("stand in any schema", async () => {
    const schema = `odd "name" $1 'x'`;
    const engine = engineIn(schema);
    const id = newSessionId();
    await engine.commit(id, { base: 0 });
    assert.equal((await engine.read(id))?.revision, 1);
    await engine.close();
  });
});
