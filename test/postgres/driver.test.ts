import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import postgres from "postgres";
import { afterAll, beforeAll, describe, test } from "vitest";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { Message } from "../../src/session/message.ts";
import { newSessionId, type SessionId } from "../../src/session/session-id.ts";
import { failure, PATIENCE } from "./expected-failure.ts";
import { Proxy } from "./laboratory/proxy.ts";
import { describeWithServer } from "./postgres.ts";
import { TestServer } from "./server.ts";

const turn = (text: string) => ["end", 0, [Message.user(text)]] as const;

async function session(engine: PostgresEngine): Promise<SessionId> {
  const id = newSessionId();
  await engine.commit(id, { base: 0 });
  return id;
}

describe("a URL", () => {
  for (const url of [
    "postgres://me:s3cret@host:port/db",
    "postgres://me:s3/cret@host/db",
    "postgres://me:s3cret@ho st/db",
    "postgres://me:s3cret@[::1/db",
    "postgres://me:s3cret%zz@host/db",
    "postgres://me:12/s3cret@host/db",
    "postgres://me:s3#cret@host/db",
    "postgres://me:s3?cret@host/db",
    "postgres://me:s3cret@host:99999/db",
  ]) {
    test(`that is none is refused, and the password is not repeated: ${url}`, () => {
      assert.throws(
        () => new PostgresEngine({ url }),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, "INVALID_ARGUMENT");
          assert.doesNotMatch(`${error.stack ?? ""}${JSON.stringify(error)}`, /s3|cret|12\//);
          assert.match(error.message, /percent-encoded/);
          return true;
        },
      );
    });
  }

  test("is told to a person without its password", () => {
    const place = (url: string): string => new PostgresEngine({ url }).location;
    assert.equal(
      place("postgres://me:s3%2Fcret@a:1,b/db?sslmode=require&tenant=x"),
      "postgres://me@a:1,b:5432/db?tenant=x",
    );
    assert.equal(place("postgresql://me:p:w@[::1]:77/db"), "postgres://me@[::1]:77/db");
  });
});

test("where pg is not installed, a URL says what to install", () => {
  const hook = `import { registerHooks } from "node:module";
    registerHooks({ resolve(name, context, next) {
      if (name !== "pg") return next(name, context);
      throw Object.assign(new Error("Cannot find package 'pg'"), { code: "ERR_MODULE_NOT_FOUND" });
    } });`;
  const engine = new URL("../../src/engine/postgres/postgres-engine.ts", import.meta.url).href;
  const program = `const { PostgresEngine } = await import(${JSON.stringify(engine)});
    await new PostgresEngine({ url: "postgres://localhost/x" }).list({}).catch((e) => console.log(e.code, e.message));`;
  const args = [
    "--import",
    `data:text/javascript,${encodeURIComponent(hook)}`,
    "--input-type=module",
    "-e",
    program,
  ];
  const said = execFileSync(process.execPath, args, { encoding: "utf8" });
  assert.equal(
    said.trim(),
    "DRIVER_MISSING A PostgreSQL URL needs the package pg. Install it: npm install pg (with -g, where astrid-sessions was installed with -g)",
  );
});

describeWithServer("the driver", () => {
  let server: TestServer;
  let sockets: string;
  beforeAll(async () => {
    sockets = mkdtempSync(join(tmpdir(), "astrid-sockets-"));
    chmodSync(sockets, 0o777);
    server = await TestServer.start({
      ...{ fsync: "off", listen_addresses: "'127.0.0.1,::1'", unix_socket_directories: `'${sockets}'` },
      ...{ max_connections: "60" },
    });
  });
  afterAll(async () => {
    await server.dispose();
    rmSync(sockets, { recursive: true, force: true });
  });

  test("reaches one host by IPv6, by a socket's folder, and by a name", async () => {
    for (const url of [
      `postgres://postgres@[::1]:${server.port}/postgres`,
      `postgres:///postgres?host=${sockets}&port=${server.port}&user=postgres`,
      `postgres://postgres@${encodeURIComponent(sockets)}:${server.port}/postgres`,
      `postgres://postgres@localhost:${server.port}/postgres`,
    ]) {
      const engine = new PostgresEngine({ url, connections: 1, patience: 20_000 });
      assert.equal((await engine.read(await session(engine)))?.revision, 1, url);
      await engine.close();
    }
  });

  test("verifies a certificate by sslrootcert, and encrypts without one for sslmode=require", async () => {
    const secure = await TestServer.start({ fsync: "off" });
    const [key, certificate] = [join(secure.data, "server.key"), join(secure.data, "server.crt")];
    execFileSync(
      "openssl",
      [
        ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"],
        ...["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate],
      ],
      { stdio: "ignore" },
    );
    secure.own(key);
    secure.own(certificate);
    await secure.stop();
    secure.configure({ ssl: "on" });
    await secure.launch();
    const opened = async (params: string): Promise<string> => {
      const engine = new PostgresEngine({ url: `${secure.url}?${params}`, connections: 1, patience: 3000 });
      const outcome = await session(engine).then(
        () => "works",
        (error: unknown) => String(error),
      );
      await engine.close();
      return outcome;
    };
    assert.equal(await opened(`sslmode=verify-full&sslrootcert=${certificate}`), "works");
    assert.match(await opened("sslmode=verify-full"), /self.signed/);
    assert.equal(await opened("sslmode=require"), "works");
    assert.match(secure.sql("select count(*) from pg_stat_ssl where ssl")[0] ?? "", /^\d+$/);
    await secure.dispose();
  });

  test("first use takes no longer than the patience, however it is spent", async () => {
    const proxy = await Proxy.start(() => server.port);
    const blocker = new pg.Client(server.url);
    await blocker.connect();
    await blocker.query("begin; lock table pg_namespace in access exclusive mode");
    const url = server.url.replace(String(server.port), String(proxy.port));
    const engine = new PostgresEngine({ url, schema: "first_use", patience: PATIENCE });
    assert.equal((await failure(engine.list({}), PATIENCE + 500)).code, "TIMED_OUT");
    assert.equal((await failure(engine.list({}), PATIENCE + 500)).code, "TIMED_OUT");
    await blocker.query("rollback");
    await session(engine);
    await Promise.all([engine.close(), blocker.end()]);
    proxy.close();
  });

  test("calls of strangers go on while those of one session wait for its row", async () => {
    const engine = new PostgresEngine({ url: server.url, connections: 2, patience: 20_000 });
    const [locked, free] = [await session(engine), await session(engine)];
    const blocker = new pg.Client(server.url);
    await blocker.connect();
    await blocker.query("begin");
    await blocker.query("select 1 from astrid_sessions.sessions where id = $1 for update", [locked]);
    let waiting = 10;
    const all = Array.from({ length: 10 }, (_, n) =>
      engine.commit(locked, { splice: turn(`${n}`) }).then(() => waiting--),
    );
    for (let n = 0; n < 10; n++) await engine.commit(free, { splice: turn(`${n}`) });
    assert.equal(waiting, 10);
    await blocker.query("rollback");
    await Promise.all(all);
    assert.equal((await engine.read(locked))?.messages.length, 10);
    await Promise.all([engine.close(), blocker.end()]);
  });

  test("what was acknowledged is there after a crash, on a server that is set to lose it: deleted, trashed, restored", async () => {
    const careless = await TestServer.start({
      ...{ fsync: "off", synchronous_commit: "off", wal_writer_delay: "'10s'", wal_writer_flush_after: "0" },
    });
    const engine = new PostgresEngine({ url: careless.url, search: false });
    const ids = [await session(engine), await session(engine), await session(engine)] as const;
    const crash = async (): Promise<void> => {
      await careless.stop("kill");
      await careless.launch();
    };
    const [deleted, trashed, restored] = ids;
    assert.equal(await engine.remove(trashed, { trash: true }), true);
    await crash();
    assert.equal(await engine.read(trashed), undefined);
    assert.equal(await engine.remove(restored, { trash: true }), true);
    assert.equal(await engine.restore(restored), true);
    await crash();
    assert.equal((await engine.read(restored))?.revision, 1);
    assert.equal(await engine.emptyTrash(new Date(Date.now() + 60_000).toISOString()), 1);
    await crash();
    assert.deepEqual(await engine.trashed(), []);
    assert.equal(await engine.remove(deleted), true);
    await crash();
    assert.equal(await engine.read(deleted), undefined);
    await engine.close();
    await careless.dispose();
  });

  for (const how of ["a URL", "a pool"] as const) {
    test(`DEALLOCATE ALL is overcome (${how})`, async () => {
      const pool = new pg.Pool({ connectionString: server.url, max: 2 });
      const engine = new PostgresEngine(
        how === "a pool" ? { client: pool } : { url: server.url, connections: 2 },
      );
      const id = await session(engine);
      for (let n = 0; n < 8; n++) {
        await engine.commit(id, { splice: turn(`${n}`) });
        if (how === "a pool") await pool.query("deallocate all");
      }
      assert.equal((await engine.read(id))?.messages.length, 8);
      await engine.close();
      await pool.end();
    });
  }

  test("a crafted cursor is refused, whatever number it has", async () => {
    const engine = new PostgresEngine({ url: server.url, connections: 1 });
    for (const time of [1.5, 1e300, -1e19]) {
      const cursor = Buffer.from(JSON.stringify(["updated", time, newSessionId()])).toString("base64url");
      await assert.rejects(engine.list({ cursor }), { code: "INVALID_ARGUMENT" });
    }
    await engine.close();
  });

  test("clients that cannot be used safely are refused with a sentence", async () => {
    const several = postgres("postgres://a:1,b:2/x", { max: 1 });
    const one = postgres(server.url, { max: 1 });
    const pipelining = new pg.Pool({ connectionString: server.url, ...{ pipeline: true } });
    await assert.rejects(new PostgresEngine({ client: several }).list({}), /old primary that comes back/);
    await one.begin(async (transaction) => {
      const client = transaction as unknown as typeof one;
      await assert.rejects(new PostgresEngine({ client }).list({}), /is a transaction of postgres.js/);
    });
    await assert.rejects(new PostgresEngine({ client: pipelining }).list({}), /one that pipelines/);
    await Promise.all([several.end(), one.end(), pipelining.end()]);
  });

  test("a FATAL in one packet with ReadyForQuery does not end the process", async () => {
    const errors: unknown[] = [];
    const note = (error: unknown): void => void errors.push(error);
    process.on("uncaughtException", note);
    process.on("unhandledRejection", note);
    const message = (type: string, body: Buffer): Buffer => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(body.length + 4);
      return Buffer.concat([Buffer.from(type), length, body]);
    };
    const fatal = "SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0";
    const rude = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => {
        const accepted = [message("R", Buffer.alloc(4)), message("Z", Buffer.from("I"))];
        socket.end(Buffer.concat([...accepted, message("E", Buffer.from(fatal))]));
      });
    });
    await new Promise<void>((resolve) => rude.listen(0, "127.0.0.1", resolve));
    const url = `postgres://x@127.0.0.1:${(rude.address() as AddressInfo).port}/x`;
    const pool = new pg.Pool({ connectionString: url });
    pool.on("error", () => undefined);
    for (const given of [{ url }, { client: pool }]) {
      const engine = new PostgresEngine({ ...given, patience: PATIENCE });
      assert.equal((await failure(engine.list({}))).code, "UNAVAILABLE");
      await engine.close();
    }
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(errors, []);
    process.off("uncaughtException", note);
    process.off("unhandledRejection", note);
    await pool.end();
    rude.close();
  });

  test("publishes what it does to whoever listens", async () => {
    const heard: [string, Record<string, unknown>][] = [];
    const listen = (event: unknown, name: string | symbol): void =>
      void heard.push([String(name).split(":").at(-1) ?? "", event as Record<string, unknown>]);
    const names = ["call", "retry", "wait", "opened", "closed", "promoted"].map(
      (name) => `astrid-sessions:postgres:${name}`,
    );
    for (const name of names) subscribe(name, listen);
    const engine = new PostgresEngine({ url: server.url, connections: 1, search: false });
    const id = await session(engine);
    server.sql(
      "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'",
    );
    await engine.commit(id, { splice: turn("again") });
    await engine.close();
    for (const name of names) unsubscribe(name, listen);
    const commits = heard.filter(([name, { what }]) => name === "call" && String(what).includes(id));
    assert.equal(commits.length, 2);
    assert.deepEqual(
      [...new Set(heard.map(([name]) => name))].filter((name) => name !== "retry").toSorted(),
      [...["call", "closed", "opened", "promoted", "wait"]],
    );
    assert.ok(heard.every(([name, { code }]) => name !== "call" || code === undefined));
  });
});
