import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import { test } from "vitest";
import { onnotice } from "../../src/engine/postgres/connection/cancelled-wait.ts";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { Message } from "../../src/session/message.ts";
import { newSessionId, type SessionId } from "../../src/session/session-id.ts";
import { failure, PATIENCE } from "./expected-failure.ts";
import { describeWithServer } from "./postgres.ts";
import { TestServer } from "./server.ts";

const turn = (text: string) => ["end", 0, [Message.user(text)]] as const;

async function session(engine: PostgresEngine): Promise<SessionId> {
  const id = newSessionId();
  await engine.commit(id, { base: 0 });
  return id;
}

describeWithServer("the way to the server", () => {
  test("several hosts: the standby is passed over", async () => {
    const primary = await TestServer.start({ fsync: "off" });
    const standby = await TestServer.reserve();
    await standby.becomeStandby(primary, "b");
    const url = `postgres://postgres@127.0.0.1:${standby.port},127.0.0.1:${primary.port}/postgres`;
    const engine = new PostgresEngine({ url, connections: 3 });
    const id = await session(engine);
    await Promise.all([1, 2, 3, 4, 5].map((n) => engine.commit(id, { splice: turn(`${n}`) })));
    assert.equal((await engine.read(id))?.messages.length, 5);
    await engine.close();
    await Promise.all([primary.dispose(), standby.dispose()]);
  });

  test("several hosts, none of which can be reached: UNAVAILABLE, and the engine can be closed", async () => {
    const url = "postgres://postgres@127.0.0.1:1,127.0.0.1:2/x";
    const engine = new PostgresEngine({ url, patience: PATIENCE });
    const error = await failure(engine.list({}));
    assert.equal(error.code, "UNAVAILABLE");
    assert.match(error.message, /127\.0\.0\.1:1: .*127\.0\.0\.1:2: .* Check that the server runs/);
    await engine.close();
  });

  test("several hosts that go away and come back: the commit waits, and does not storm them", async () => {
    const server = await TestServer.start({ fsync: "off" });
    let attempts = 0;
    const gone = createServer((socket) => {
      attempts++;
      socket.destroy();
    }).listen(0, "127.0.0.1");
    await once(gone, "listening");
    const { port } = gone.address() as AddressInfo;
    const engine = new PostgresEngine({
      url: `postgres://postgres@127.0.0.1:${port},127.0.0.1:${server.port}/postgres`,
      ...{ patience: 20_000, connections: 3 },
    });
    const id = await session(engine);
    await server.stop("kill");
    attempts = 0;
    const waiting = Promise.all([1, 2, 3].map((n) => engine.commit(id, { splice: turn(`${n}`) })));
    await sleep(1500);
    assert.ok(attempts < 100, `${attempts} attempts to connect`);
    await server.launch();
    assert.equal((await waiting).length, 3);
    assert.equal((await engine.read(id))?.messages.length, 3);
    await engine.close();
    gone.close();
    await server.dispose();
  });

  test("a server that hangs up at once: an error that says so, and no storm", async () => {
    let attempts = 0;
    const rude = createServer((socket) => {
      attempts++;
      socket.end();
    }).listen(0, "127.0.0.1");
    await once(rude, "listening");
    const { port } = rude.address() as AddressInfo;
    const engine = new PostgresEngine({ url: `postgres://postgres@127.0.0.1:${port}/x`, patience: 5000 });
    const { code, message } = await failure(engine.list({}), 7000);
    // The time may be over in a pause between two tries, or within one.
    assert.ok(["UNAVAILABLE", "TIMED_OUT"].includes(code), code);
    assert.match(message, /the connection was closed|terminated/);
    await engine.close();
    // After the first few, a pause between two tries is at least 250 ms long.
    assert.ok(attempts < 30, `${attempts} attempts to connect`);
    rude.close();
  });

  test("a server that stands still while the tables are made: no hang, and the engine can be closed", async () => {
    const still = await TestServer.start({ fsync: "off" });
    const blocker = postgres(still.url, { max: 1, onnotice });
    await blocker.unsafe("begin; lock table pg_namespace in access exclusive mode");
    const engine = new PostgresEngine({ url: still.url, patience: PATIENCE });
    const error = await failure(engine.list({}));
    assert.equal(error.code, "TIMED_OUT");
    await engine.close();
    await blocker.end({ timeout: 0 });
    await still.dispose();
  });
});
