import assert from "node:assert/strict";
import { afterAll, beforeAll, onTestFinished, test } from "vitest";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { Message } from "../../src/session/message.ts";
import { newSessionId, type SessionId } from "../../src/session/session-id.ts";
import { describeWithServer } from "./postgres.ts";
import { TestServer } from "./server.ts";

/** Far in the future, in milliseconds since 1970. */
const AHEAD = Date.parse("2150-01-01T00:00:00Z");

describeWithServer("what was stored while the server's clock was ahead", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ fsync: "off" });
  });
  afterAll(() => server.dispose());

  /** An engine on tables of its own, and what changes them as a clock that was ahead would have. */
  function opened(): { engine: PostgresEngine; change: (statement: string) => void } {
    const schema = `s${newSessionId().slice(0, 8)}`;
    const engine = new PostgresEngine({ url: server.url, schema, connections: 1 });
    onTestFinished(() => engine.close());
    return { engine, change: (text) => void server.sql(`set search_path = ${schema}; ${text}`) };
  }

  async function create(engine: PostgresEngine, id: SessionId, title: string): Promise<void> {
    await engine.commit(id, { base: 0, splice: ["end", 0, [Message.user("word")]], set: { title } });
  }

  const titles = async (engine: PostgresEngine): Promise<(string | null)[]> =>
    (await engine.trashed()).map(({ title }) => title);

  test.each([
    ["by itself", (engine: PostgresEngine, id: SessionId) => engine.remove(id, { trash: true })],
    [
      "as it was old",
      (engine: PostgresEngine) =>
        engine.expire({ unchangedSince: new Date(Date.now() + 60_000).toISOString() }),
    ],
  ])("the life that was removed last, %s, is restored first", async (_, remove) => {
    const { engine, change } = opened();
    const id = newSessionId();
    await create(engine, id, "first");
    await engine.remove(id, { trash: true });
    change(`update sessions set removed_ms = ${AHEAD}`);
    await create(engine, id, "second");
    await remove(engine, id);
    assert.deepEqual(await titles(engine), ["second", "first"]);
    assert.equal(await engine.restore(id), true);
    assert.equal((await engine.summary(id))?.title, "second");
  });

  test("the trash is emptied of all, whatever its times", async () => {
    const { engine, change } = opened();
    const id = newSessionId();
    await create(engine, id, "first");
    await engine.remove(id, { trash: true });
    // Beyond every date that there is.
    change(`update sessions set removed_ms = 9000000000000000`);
    assert.equal(await engine.emptyTrash(new Date().toISOString()), 0);
    assert.equal(await engine.emptyTrash(), 1);
    assert.deepEqual(await engine.trashed(), []);
  });

  test("a life goes on with its times; another begins with its own", async () => {
    const { engine, change } = opened();
    const id = newSessionId();
    await create(engine, id, "first");
    change(`update sessions set updated_ms = ${AHEAD}; update activity set updated_ms = ${AHEAD}`);
    for (const at of [undefined, "2020-01-01T00:00:00Z"]) {
      const committed = await engine.commit(id, { at, set: { turnCount: 1 } });
      assert.equal(Date.parse(committed.at), AHEAD);
    }
    await engine.remove(id);
    const again = await engine.commit(id, { base: 0, at: "2020-01-01T00:00:00Z" });
    assert.equal(Date.parse(again.at), Date.parse("2020-01-01T00:00:00Z"));
  });
});
