import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { Message } from "../../src/session/message.ts";
import { newSessionId } from "../../src/session/session-id.ts";
import { describeWithServer } from "./postgres.ts";
import { TestServer } from "./server.ts";

describeWithServer("a search", () => {
  let server: TestServer;
  let engine: PostgresEngine;
  beforeAll(async () => {
    server = await TestServer.start({ fsync: "off" });
    engine = new PostgresEngine({ url: server.url, connections: 1 });
  });
  afterAll(async () => {
    await engine.close();
    await server.dispose();
  });

  test("of more finds than are ranked ranks the newest, and finds all that are asked for", async () => {
    const [older, newer] = [newSessionId(), newSessionId()];
    const count = 450;
    for (const id of [older, newer]) {
      const messages = Array.from({ length: count }, (_, at) => Message.user(`common ${at}`));
      // Would be the best by far.
      messages[0] = Message.user("common ".repeat(50));
      await engine.commit(id, { base: 0, splice: [0, 0, messages] });
    }
    const places = async (limit?: number): Promise<string[]> =>
      (await engine.search({ text: "common", role: "user", limit })).map(
        ({ id, position }) => `${id === newer ? "newer" : "older"} ${position}`,
      );
    assert.equal((await places())[0], "newer 0");
    assert.ok(!(await places(500)).includes("older 0"));
    const all = await places(2 * count + 1);
    assert.equal(new Set(all).size, 2 * count);
    // Those that are older come behind all of these, the best of them first.
    assert.deepEqual([all[0], all[500]], ["newer 0", "older 0"]);
    assert.equal((await engine.search({ text: `common ${count - 1}` })).length, 2);
  });

  test("answers while more sessions than one step covers are written to without a pause", async () => {
    const writer = new PostgresEngine({ url: server.url, schema: "busy", search: false });
    const reader = new PostgresEngine({ url: server.url, schema: "busy" });
    await using closing = new AsyncDisposableStack();
    for (const one of [writer, reader]) closing.defer(() => one.close());
    const sought = newSessionId();
    await writer.commit(sought, { base: 0, splice: [0, 0, [Message.user("needle")]] });
    const ids = Array.from({ length: 130 }, () => newSessionId());
    for (const id of ids) await writer.commit(id, { base: 0, splice: [0, 0, [Message.user("hay")]] });
    // Its place in the order of what is behind is the last now.
    await writer.commit(sought, { set: { turnCount: 1 } });
    let isAnswered = false;
    const writing = ids.map(async (id) => {
      while (!isAnswered) await writer.commit(id, { splice: ["end", 0, [Message.user("hay")]] });
    });
    const hits = await reader.search({ text: "needle" }).finally(() => (isAnswered = true));
    await Promise.all(writing);
    assert.deepEqual(
      hits.map(({ id }) => id),
      [sought],
    );
  });

  test("reads on while the words of what it read are stored, in the order of the messages", async () => {
    const id = newSessionId();
    const messages = Array.from({ length: 1234 }, (_, at) => Message.user(`ordinal${at} streamed`));
    await engine.commit(id, { base: 0, splice: [0, 0, messages] });
    const hits = await engine.search({ text: "streamed", limit: 2000 });
    assert.equal(hits.length, messages.length);
    for (const at of [0, 199, 200, 777, 1233]) {
      const [hit] = await engine.search({ text: `ordinal${at}` });
      assert.deepEqual([hit?.id, hit?.position], [id, at]);
    }
  });
});
