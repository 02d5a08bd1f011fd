import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import postgres from "postgres";
import { afterAll, beforeAll, onTestFinished, test } from "vitest";
import { onnotice } from "../../src/engine/postgres/connection/cancelled-wait.ts";
import type { PostgresClient } from "../../src/engine/postgres/client.ts";
import { clientOf } from "../../src/engine/postgres/connection/drivers/connect.ts";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { StorageError } from "../../src/session/errors/errors.ts";
import { Message } from "../../src/session/message.ts";
import { newSessionId, type SessionId } from "../../src/session/session-id.ts";
import { Cutter } from "./cutter.ts";
import { failure, PATIENCE } from "./expected-failure.ts";
import { describeWithServer } from "./postgres.ts";
import { TestServer } from "./server.ts";

const turn = (text: string) => ["end", 0, [Message.user(text)]] as const;

/** Sets which standbys commits wait for; resolves when commits do, or with none do not: a server takes a while. */
async function setStandbys(server: TestServer, names: string): Promise<void> {
  server.sql(`alter system set synchronous_standby_names = '${names}'`);
  server.sql("select pg_reload_conf()");
  const probe = postgres(server.url, { max: 1, onnotice });
  const cancel = "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'";
  for (let waits = false; !waits;) {
    let isCommitted = false;
    const commit = probe`select pg_logical_emit_message(true, 'probe', '')`.then(() => (isCommitted = true));
    while (!isCommitted && !waits) {
      await sleep(1);
      waits = names !== "" && server.sql(cancel).length > 0;
    }
    await commit;
    if (names === "") break;
  }
  await probe.end();
}

describeWithServer("what goes wrong", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ fsync: "off", max_connections: "30" });
  });
  afterAll(() => server.dispose());

  async function session(engine: PostgresEngine): Promise<SessionId> {
    const id = newSessionId();
    await engine.commit(id, { base: 0 });
    return id;
  }

  test("no server: UNAVAILABLE, nothing stored, within the patience", async () => {
    const engine = new PostgresEngine({ url: "postgres://postgres@127.0.0.1:1/x", patience: 500 });
    const error = await failure(engine.commit(newSessionId(), { base: 0 }), 2000);
    assert.deepEqual([error.code, error.outcome], ["UNAVAILABLE", "not-stored"]);
    await engine.close();
  });

  test("a server that accepts and never answers: no hang", async () => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await new Promise((resolve) => silent.once("listening", resolve));
    const { port } = silent.address() as { port: number };
    const engine = new PostgresEngine({ url: `postgres://postgres@127.0.0.1:${port}/x`, patience: 500 });
    const error = await failure(engine.list({}), 2500);
    assert.ok(["TIMED_OUT", "UNAVAILABLE"].includes(error.code), error.code);
    silent.close();
  });

  test("statement_timeout while a lock is held: TIMED_OUT, nothing stored; later it works", async () => {
    const sql = postgres(server.url, { max: 2, onnotice, connection: { statement_timeout: 200 } });
    const engine = new PostgresEngine({ client: sql, patience: PATIENCE });
    const id = await session(engine);
    const blocker = postgres(server.url, { max: 1 });
    await blocker.begin(async (transaction) => {
      await transaction`select 1 from astrid_sessions.sessions where id = ${id} for update`;
      const error = await failure(engine.commit(id, { base: 1, splice: turn("blocked") }));
      assert.deepEqual([error.code, error.outcome], ["TIMED_OUT", "not-stored"]);
    });
    assert.equal((await engine.commit(id, { base: 1, splice: turn("free") })).revision, 2);
    await Promise.all([sql.end(), blocker.end()]);
  });

  test("a database whose transactions are serializable refuses some: they are tried again, each is stored once", async () => {
    const sql = postgres(server.url, {
      ...{ max: 4, onnotice },
      connection: { default_transaction_isolation: "serializable" },
    });
    let refused = 0;
    const counting = (client: PostgresClient): PostgresClient => ({
      query: (...args) =>
        client.query(...args).catch((error: unknown) => {
          if ((error as { code?: unknown }).code === "40001") refused++;
          throw error;
        }),
      script: (text) => client.script(text),
      close: () => client.close(),
    });
    // Of one engine, the commits of a session wait for each other.
    const engines = [1, 2, 3, 4].map(
      () => new PostgresEngine({ client: counting(clientOf(sql)), search: false }),
    );
    const [engine] = engines as [PostgresEngine];
    const id = await session(engine);
    const texts = Array.from({ length: 60 }, (_, n) => `message ${n}`);
    const committed = await Promise.all(
      texts.map((text, n) => (engines[n % 4] ?? engine).commit(id, { splice: turn(text) })),
    );
    const revisions = committed.map(({ revision }) => revision).toSorted((left, right) => left - right);
    assert.deepEqual(
      revisions,
      texts.map((_, n) => n + 2),
    );
    const stored = (await engine.read(id))?.messages.map(({ content }) => content);
    assert.deepEqual(stored?.toSorted(), texts.toSorted());
    assert.ok(refused > 0, "the server refused none");
    await sql.end();
  });

  test("a statement that is slower than the patience is cancelled: TIMED_OUT, and it can be repeated", async () => {
    const engine = new PostgresEngine({ url: server.url, patience: 400, connections: 2 });
    const id = await session(engine);
    const blocker = postgres(server.url, { max: 1 });
    const commit = { operationId: "slow", splice: turn("once") } as const;
    await blocker.begin(async (transaction) => {
      await transaction`select 1 from astrid_sessions.sessions where id = ${id} for update`;
      const error = await failure(engine.commit(id, commit), 1500);
      assert.deepEqual([error.code, error.outcome], ["TIMED_OUT", "not-stored"]);
    });
    await engine.commit(id, commit);
    assert.equal((await engine.read(id))?.messages.length, 1);
    await Promise.all([engine.close(), blocker.end()]);
  });

  test("a pool without a free connection: a typed error in time", async () => {
    const pool = new pg.Pool({ connectionString: server.url, max: 1, connectionTimeoutMillis: 300 });
    pool.on("error", () => undefined);
    const engine = new PostgresEngine({ client: pool, patience: PATIENCE });
    await engine.list({});
    const held = await pool.connect();
    const error = await failure(engine.commit(newSessionId(), { base: 0 }));
    assert.deepEqual([error.code, error.outcome], ["UNAVAILABLE", "not-stored"]);
    held.release();
    await session(engine);
    await pool.end();
  });

  test("a server without a free connection: waits, then UNAVAILABLE", async () => {
    const others = postgres(server.url, { max: 40 });
    // Whatever becomes of this test: the next ones need connections.
    onTestFinished(() => others.end());
    await Promise.allSettled(Array.from({ length: 40 }, () => others`select pg_sleep(0.3)`));
    const engine = new PostgresEngine({ url: server.url.replace("postgres@", "guest@"), patience: 5000 });
    const error = await failure(engine.list({}), 7000);
    assert.ok(["UNAVAILABLE", "PERMISSION_DENIED"].includes(error.code), error.code);
    await engine.close();
  });

  test("the server restarts between and during commits: they go on, none is doubled", async () => {
    const engine = new PostgresEngine({ url: server.url, connections: 4 });
    const id = await session(engine);
    let restarting = true;
    let stored = 0;
    const restarts = (async () => {
      for (const how of ["fast", "kill"] as const) {
        const before = stored;
        while (stored < before + 9) await sleep(1);
        await server.stop(how);
        await server.launch();
      }
    })().finally(() => (restarting = false));
    while (restarting) {
      await Promise.all([1, 2, 3].map((n) => engine.commit(id, { splice: turn(`${stored + n}`) })));
      stored += 3;
    }
    await restarts;
    const session_ = await engine.read(id);
    assert.equal(session_?.messages.length, stored);
    assert.equal(new Set(session_?.messages.map(({ content }) => content)).size, stored);
    assert.equal(session_?.revision, stored + 1);
    await engine.close();
  });

  test("the answer of a commit is lost: it is looked up, and stored once", async () => {
    const cutter = new Cutter(server.port);
    const url = server.url.replace(String(server.port), String(await cutter.listen()));
    const engine = new PostgresEngine({ url, connections: 1 });
    const id = await session(engine);
    for (let n = 0; n < 20; n++) {
      cutter.cutNextAnswer();
      const { revision, repeated } = await engine.commit(
        id,
        n % 2 === 0 ? { splice: turn(`${n}`) } : { base: n + 1, splice: turn(`${n}`) },
      );
      assert.deepEqual([revision, repeated], [n + 2, false]);
    }
    cutter.cutNextAnswer();
    assert.equal(await engine.remove(id, { trash: true }), true);
    cutter.cutNextAnswer();
    assert.equal(await engine.restore(id), true);
    assert.equal((await engine.read(id))?.messages.length, 20);
    assert.ok(cutter.cuts >= 22);
    await engine.close();
    cutter.close();
  });

  test("a server that became read-only: its connection is dropped, the commit goes on when it can", async () => {
    const sql = postgres(server.url, { max: 1, onnotice });
    const engine = new PostgresEngine({ client: sql, patience: 10_000 });
    const id = await session(engine);
    const [before] = await sql`select pg_backend_pid() as pid`;
    await sql`set default_transaction_read_only = on`;
    assert.equal((await engine.commit(id, { base: 1, splice: turn("later") })).revision, 2);
    const [after] = await sql`select pg_backend_pid() as pid`;
    assert.notEqual(after?.["pid"], before?.["pid"]);
    await sql.end();
  });

  for (const driver of ["postgres", "pg"] as const) {
    test(`a cancelled wait for the standby is no success (${driver})`, async () => {
      const cluster = await TestServer.start({ fsync: "off" });
      const sql = postgres(cluster.url, { max: 2, onnotice, connection: { statement_timeout: 300 } });
      const pool = new pg.Pool({ connectionString: cluster.url, max: 2, statement_timeout: 300 });
      pool.on("error", () => undefined);
      const engine = new PostgresEngine({ client: driver === "pg" ? pool : sql, patience: PATIENCE });
      const id = await session(engine);
      await setStandbys(cluster, "nobody");
      const commit = { base: 1, operationId: "op", splice: turn("waits") } as const;
      const error = await failure(engine.commit(id, commit));
      assert.equal(error.outcome, "unknown", error.message);
      await setStandbys(cluster, "");
      const again = await engine.commit(id, commit);
      assert.deepEqual([again.revision, again.repeated], [2, true]);
      assert.equal((await engine.read(id))?.messages.length, 1);
      await Promise.all([sql.end(), pool.end()]);
      await cluster.dispose();
    });
  }

  const canMount = process.getuid?.() === 0 && process.platform === "linux";
  test.skipIf(!canMount)(
    "the server's disk is full: DISK_FULL, nothing stored, and nothing is damaged",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "astrid-full-"));
      const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=110m,mode=777", "tmpfs", folder]);
      assert.equal(mounted.status, 0, String(mounted.stderr));
      const small = await TestServer.start(
        { fsync: "off", min_wal_size: "'32MB'", max_wal_size: "'32MB'" },
        folder,
      );
      try {
        const engine = new PostgresEngine({
          ...{ url: small.url, patience: 10_000, connections: 1 },
          // Else the words may be what fills the log, which ends the server.
          search: false,
        });
        const id = await session(engine);
        const noise = randomBytes(300_000).toString("base64");
        let stored = 0;
        let error: unknown;
        while (error === undefined && stored < 2000) {
          await engine.commit(id, { splice: turn(`${stored} ${noise}`) }).then(
            () => stored++,
            (reason: unknown) => (error = reason),
          );
        }
        assert.ok(error instanceof StorageError, String(error));
        // A table that cannot grow is refused; a log that cannot grow ends the server, and the outcome may be unknown.
        assert.ok(
          error.code === "DISK_FULL" || error.outcome === "unknown" || error.code === "UNAVAILABLE",
          String(error),
        );
        if (error.code === "DISK_FULL") assert.equal(error.outcome, "not-stored");
        if (error.code === "DISK_FULL") {
          try {
            assert.equal((await engine.read(id))?.messages.length, stored);
            assert.equal((await engine.verify(id)).state, "ok");
          } catch (reason) {
            // What the server itself writes may have filled its log meanwhile, which ends it at any moment.
            if (small.pids().length > 1 || !(reason instanceof StorageError)) throw reason;
          }
        }
        await engine.close();
      } finally {
        await small.dispose();
        spawnSync("umount", ["-l", folder]);
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
