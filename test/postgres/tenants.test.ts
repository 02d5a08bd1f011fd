import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { Message } from "../../src/session/message.ts";
import { newSessionId } from "../../src/session/session-id.ts";
import { describeWithServer } from "./postgres.ts";
import { TestServer } from "./server.ts";
import { SESSION_TABLES } from "./session-tables.ts";

describeWithServer("tenants", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ fsync: "off" });
  });
  afterAll(() => server.dispose());

  const engineOf = (tenant: string, more: object = {}): PostgresEngine =>
    new PostgresEngine({ url: server.url, tenant, connections: 1, ...more });

  test("share a database and never see each other's sessions, under one id even", async () => {
    const [one, other] = [engineOf("one"), engineOf("o'ther\"; --")];
    const id = newSessionId();
    const set = { title: "secret" };
    await one.commit(id, { base: 0, splice: ["end", 0, [Message.user("needle of one")]], set });
    assert.equal(await other.read(id), undefined);
    assert.equal(await other.summary(id), undefined);
    assert.deepEqual((await other.list({})).sessions, []);
    assert.deepEqual(await other.search({ text: "needle" }), []);
    await assert.rejects(other.commit(id, { splice: ["end", 0, [Message.user("x")]] }), {
      code: "SESSION_NOT_FOUND",
    });
    assert.equal(await other.remove(id), false);

    await other.commit(id, { base: 0, splice: ["end", 0, [Message.user("needle of other")]] });
    assert.equal((await other.search({ text: "needle" })).length, 1);
    await other.remove(id, { trash: true });
    assert.deepEqual(await one.trashed(), []);
    assert.equal(await one.emptyTrash(new Date(Date.now() + 1000).toISOString()), 0);
    assert.equal((await one.read(id))?.messages[0]?.content, "needle of one");
    assert.equal((await one.verify(id)).state, "ok");
    await Promise.all([one.close(), other.close()]);
  });

  test("with row-level security a role cannot cross, whatever SQL it sends", async () => {
    const schema = "guarded";
    const owner = engineOf("owner", { schema });
    await owner.migrate();
    await owner.close();
    server.file("row-level-security.sql", { schema });
    for (const role of ["acme", "globex"]) {
      server.sql(`create role ${role} login`);
      server.sql(`grant usage on schema ${schema} to ${role}`);
      server.sql(`grant select, insert, update, delete on all tables in schema ${schema} to ${role}`);
    }
    const as = (role: string, tenant = role): PostgresEngine =>
      new PostgresEngine({
        url: server.url.replace("postgres@", `${role}@`),
        schema,
        tenant,
        migrate: false,
      });
    const [acme, globex, spy] = [as("acme"), as("globex"), as("globex", "acme")];
    const id = newSessionId();
    await acme.commit(id, { base: 0, splice: ["end", 0, [Message.user("needle")]] });
    assert.equal(await globex.read(id), undefined);
    // A caller that gives itself out as the other tenant: the database says no.
    assert.equal(await spy.read(id), undefined);
    assert.deepEqual(await spy.search({ text: "needle" }), []);
    assert.deepEqual(await globex.search({ text: "needle" }), []);
    await assert.rejects(spy.commit(newSessionId(), { base: 0 }), {
      code: "PERMISSION_DENIED",
      outcome: "not-stored",
    });
    assert.equal(await spy.remove(id), false);
    for (const table of SESSION_TABLES) {
      const seen = server.sql(
        `set role globex; select count(*) from ${schema}.${table} where tenant <> 'globex'`,
      );
      assert.deepEqual(seen.slice(-1), ["0"], table);
    }
    assert.equal((await acme.read(id))?.messages.length, 1);
    await Promise.all([acme, globex, spy].map((engine) => engine.close()));
  });
});
