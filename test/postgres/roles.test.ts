import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, onTestFinished, test } from "vitest";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { Message } from "../../src/session/message.ts";
import { newSessionId } from "../../src/session/session-id.ts";
import { describeWithServer } from "./postgres.ts";
import { TestServer } from "./server.ts";
import { SESSION_TABLES } from "./session-tables.ts";

const SQL = new URL("../../sql/", import.meta.url);
const GROUPS = { owner: "o", writer: "w", reader: "r", tenants: "t" };

describeWithServer("the files of sql/, run by psql", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ fsync: "off" });
  });
  afterAll(() => server.dispose());

  function engineOf(role: string, schema: string, tenant: string, more: object = {}): PostgresEngine {
    const url = server.url.replace("postgres@", `${role}@`);
    const engine = new PostgresEngine({ url, schema, tenant, migrate: false, connections: 1, ...more });
    onTestFinished(() => engine.close());
    return engine;
  }

  const dump = (schema: string): string =>
    server
      .program("pg_dump", ["-d", server.url, "--schema-only", "-n", schema, "--no-owner"])
      .replaceAll(schema, "x");

  test("migrate.sql makes the tables that the engine makes, and may be run again", async () => {
    const names = readdirSync(SQL).filter((name) => /^\d{4}-/.test(name));
    const included = [...readFileSync(new URL("migrate.sql", SQL), "utf8").matchAll(/^\\ir (.+)$/gm)];
    assert.deepEqual(
      included.map(([, name]) => name),
      names.sort(),
    );
    server.file("migrate.sql", { schema: "by_psql" });
    server.file("migrate.sql", { schema: "by_psql" });
    const engine = engineOf("postgres", "by_code", "x", { migrate: true });
    assert.deepEqual(await engine.migrate(), { before: 0, now: names.length });
    assert.deepEqual(await engine.migrate(), { before: names.length, now: names.length });
    const strip = (text: string): string => text.replaceAll(/^(--|\\(un)?restrict).*$/gm, "");
    assert.equal(strip(dump("by_psql")), strip(dump("by_code")));
    await engineOf("postgres", "by_psql", "x").commit(newSessionId(), { base: 0 });
  });

  test("a schema that is there is enough for a role that may not make one", async () => {
    server.sql("create role builder login; create schema ready authorization builder");
    const engine = engineOf("builder", "ready", "x", { migrate: true });
    assert.equal((await engine.commit(newSessionId(), { base: 0 })).revision, 1);
    await assert.rejects(engineOf("builder", "not_ready", "x", { migrate: true }).list({}), {
      code: "PERMISSION_DENIED",
    });
    server.sql("create schema by_file authorization builder");
    server.file("migrate.sql", { schema: "by_file" }, "builder");
  });

  test("roles.sql: everyone may do what the role is for, and no more", async () => {
    const schema = "guarded";
    server.file("migrate.sql", { schema });
    for (let round = 0; round < 2; round++) server.file("roles.sql", { schema, ...GROUPS });
    server.sql(`create role boss login in role o; create role worker login in role w;
      create role eyes login in role r; create role acme login in role t; create role globex login in role t`);
    const [acme, globex] = [engineOf("acme", schema, "acme"), engineOf("globex", schema, "globex")];
    const id = newSessionId();
    const parentId = newSessionId();
    const set = {
      title: "Secret",
      tags: ["hot"],
      model: "m",
      workspacePath: "/p",
      workspaceId: "w",
      parentId,
    };
    await acme.commit(id, { base: 0, splice: ["end", 0, [Message.user("needle")]], set });
    assert.equal((await acme.search({ text: "needle" })).length, 1);
    assert.equal((await acme.search({ text: "secret" })).length, 1);
    const filters = [
      { tag: "hot" },
      { model: "m" },
      { workspace: { path: "/p" } },
      { workspace: { id: "w" } },
      { parentId },
    ];
    for (const filter of filters) assert.equal((await acme.list(filter)).sessions.length, 1);
    // Another tenant, and another who says that it is this one: nothing by any way, the functions neither.
    const spy = engineOf("globex", schema, "acme");
    assert.equal(await spy.read(id), undefined);
    for (const filter of filters) assert.deepEqual((await spy.list(filter)).sessions, []);
    assert.deepEqual(await globex.search({ text: "needle" }), []);
    const seen = (role: string, query: string): string[] => {
      const url = server.url.replace("postgres@", `${role}@`);
      return server.program("psql", ["-XAtq", "-c", query, url]).split("\n").filter(Boolean);
    };
    const finders = [
      `words_found('acme', 'needle')`,
      `titles_found('acme', 'secret')`,
      `heads_of_tag('acme', '"hot"', 9)`,
      `heads_of_user('acme', '"0000000000000000"', 9)`,
      `heads_of_model('acme', '"m"', 9)`,
      `heads_of_workspace_path('acme', '"/p"', 9)`,
      `heads_of_workspace_id('acme', '"w"', 9)`,
      `heads_of_parent('acme', '"${parentId}"', 9)`,
      `changed_between('acme', 0, 9000000000000, 9)`,
      `changes_between('acme', 0, 9000000000, '00000000-0000-0000-0000-000000000000', 9)`,
    ];
    for (const finder of finders) {
      const query = `select count(*) from ${schema}.${finder}`;
      assert.deepEqual(seen("globex", query), ["0"], finder);
      for (const role of ["acme", "worker", "eyes", "boss"])
        assert.deepEqual(seen(role, query), ["1"], finder);
      // Who becomes another role is that one.
      assert.deepEqual(seen("postgres", `set role globex; ${query}`), ["0"], finder);
    }
    for (const table of SESSION_TABLES)
      assert.deepEqual(seen("globex", `select count(*) from ${schema}.${table} where tenant <> 'globex'`), [
        "0",
      ]);

    // Nobody but the owner says which version the tables have, or changes them.
    for (const role of ["acme", "worker", "eyes"]) {
      assert.throws(() => seen(role, `insert into ${schema}.migrations values (99)`), /denied|policy/);
      assert.throws(() => seen(role, `create table ${schema}.mine ()`), /denied/);
      assert.throws(() => seen(role, `drop table ${schema}.words`), /owner/);
    }
    const worker = engineOf("worker", schema, "acme");
    assert.equal((await worker.commit(id, { base: 1, set: { turnCount: 1 } })).revision, 2);
    const eyes = engineOf("eyes", schema, "acme");
    assert.equal((await eyes.read(id))?.revision, 2);
    await assert.rejects(eyes.commit(id, { base: 2, set: { turnCount: 2 } }), { code: "PERMISSION_DENIED" });
    // What is indexed can be searched by whoever may only read.
    assert.equal((await eyes.search({ text: "needle" })).length, 1);

    // And the owner cleans up over all tenants.
    const other = newSessionId();
    await globex.commit(other, { base: 0 });
    const boss = engineOf("boss", schema, "boss");
    const past = new Date(Date.now() + 60_000).toISOString();
    assert.deepEqual(await boss.expire({ unchangedSince: past, allTenants: true }), {
      ...{ tenants: 2, trashed: 2, removed: 0 },
    });
    assert.deepEqual(
      (await acme.trashed()).map((trashed) => trashed.id),
      [id],
    );
    assert.equal((await boss.expire({ trashedBefore: past, allTenants: true })).removed, 2);
    assert.deepEqual(server.sql(`select count(*) from ${schema}.messages`), ["0"]);
    assert.deepEqual(await globex.trashed(), []);
  });

  test("row-level-security.sql alone keeps a role with rights on all tables from the table of migrations", async () => {
    const schema = "alone";
    server.file("migrate.sql", { schema });
    server.file("row-level-security.sql", { schema });
    server.sql(`create role initech login; grant usage on schema ${schema} to initech;
      grant all on all tables in schema ${schema} to initech`);
    const url = server.url.replace("postgres@", "initech@");
    const run = (text: string): string => server.program("psql", ["-XAtq", "-c", text, url]);
    assert.throws(() => run(`insert into ${schema}.migrations values (99)`), /row-level security/);
    run(`delete from ${schema}.migrations`);
    await engineOf("initech", schema, "initech").commit(newSessionId(), { base: 0 });
  });

  test("partition-by-tenant.sql: each tenant in one part, every verb works, a statement touches one part", async () => {
    const schema = "parted";
    const before = engineOf("postgres", schema, "before", { migrate: true });
    const id = newSessionId();
    await before.commit(id, { base: 0, splice: ["end", 0, [Message.user("needle")]], side: { list: [1] } });
    await before.search({ text: "needle" });
    await before.close();
    server.file("partition-by-tenant.sql", { schema, parts: "4" });
    server.file("migrate.sql", { schema });
    server.file("roles.sql", { schema, ...GROUPS });
    const tenants = ["before", "one", "two", "three", "four"];
    for (const tenant of tenants) {
      const engine = engineOf("postgres", schema, tenant, { migrate: true });
      const own = tenant === "before" ? id : newSessionId();
      if (tenant !== "before")
        await engine.commit(own, { base: 0, splice: ["end", 0, [Message.user("needle")]] });
      await engine.commit(own, { base: 1, splice: [0, 1, [Message.user("thread")]], operationId: "op" });
      assert.equal(
        (await engine.commit(own, { base: 1, splice: [0, 1, [Message.user("thread")]], operationId: "op" }))
          .repeated,
        true,
      );
      assert.deepEqual(
        (await engine.list({})).sessions.map((session) => session.id),
        [own],
      );
      assert.equal((await engine.search({ text: "thread" })).length, 1);
      assert.equal((await engine.search({ text: "needle" })).length, 0);
      assert.equal((await engine.verify(own)).state, "ok");
      await engine.remove(own, { trash: true });
      await engine.restore(own);
    }
    const plan = server.sql(
      `explain select * from ${schema}.messages where tenant = 'one' and life = gen_random_uuid()`,
    );
    const parts = new Set(plan.flatMap((line) => /on (messages_\d)\b/.exec(line)?.[1] ?? []));
    assert.equal(parts.size, 1, plan.join("\n"));
    const counts = server.sql(`select count(*) from pg_indexes where schemaname = '${schema}'
      and tablename = 'activity' and indexname in ('activity_by_update', 'activity_by_change')`);
    assert.deepEqual(counts, ["2"]);
  });
});
