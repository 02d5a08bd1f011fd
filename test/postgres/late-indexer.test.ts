import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import pg from "pg";
import { clientOf } from "../../src/engine/postgres/connection/drivers/connect.ts";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import type { PostgresClient } from "../../src/engine/postgres/client.ts";
import { Message, SessionStore } from "../../src/index.ts";
import { newSessionId, type SessionId } from "../../src/session/session-id.ts";
import { describeWithServer } from "./postgres.ts";
import { TestServer } from "./server.ts";

/** Words of what was read before an edit must not come into the index after it: a secret would stay there. */
describeWithServer("an indexer that is late", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ fsync: "off" });
  });
  afterAll(() => server.dispose());

  /** Holds the first statement that puts words in, until it is let go. */
  function heldIndexer(schema: string): {
    engine: PostgresEngine;
    reached: Promise<unknown>;
    go: () => void;
  } {
    const pool = new pg.Pool({ connectionString: server.url });
    const client = clientOf(pool);
    const reached = Promise.withResolvers<unknown>();
    const going = Promise.withResolvers<unknown>();
    const held: PostgresClient = {
      query: async (text, ...rest) => {
        if (text.includes(`insert into "${schema}".words`)) {
          reached.resolve(undefined);
          await going.promise;
        }
        return await client.query(text, ...rest);
      },
      script: (text) => client.script(text),
      close: () => client.close(),
    };
    const engine = new PostgresEngine({ client: held, schema });
    onTestFinished(async () => {
      await engine.close();
      await pool.end();
    });
    return { engine, reached: reached.promise, go: () => going.resolve(undefined) };
  }

  const wordsWith = (schema: string, word: string): number =>
    server.sql(`select 1 from ${schema}.words where words::text like '%${word}%'`).length;

  const edits: readonly (readonly [string, (store: SessionStore, id: SessionId) => Promise<unknown>])[] = [
    ["redacted", (store, id) => store.redact(id, { also: ["crocus"] })],
    ["vacuumed", (store, id) => store.vacuum({ ids: [id], history: { beforeRevision: 2 } })],
    ["removed", (store, id) => store.delete(id)],
  ];

  test.each(edits)("leaves no words of a message that was %s meanwhile", async (name, edit) => {
    const schema = `late_${name}`;
    const engine = new PostgresEngine({ url: server.url, schema, search: false });
    onTestFinished(() => engine.close());
    const store = new SessionStore(engine);
    const id = newSessionId();
    await engine.commit(id, { base: 0, splice: [0, 0, [Message.user("a crocus"), Message.user("iris")]] });
    await engine.commit(id, { base: 1, splice: [0, 1, [Message.user("in short")]] });
    const late = heldIndexer(schema);
    const found = late.engine.search({ text: "iris" });
    await late.reached;
    await edit(store, id);
    late.go();
    await found;
    expect(wordsWith(schema, "crocus")).toBe(0);
    const isThere = name !== "removed";
    expect(await late.engine.search({ text: "iris" })).toHaveLength(isThere ? 1 : 0);
    expect(wordsWith(schema, "iris")).toBe(isThere ? 1 : 0);
    if (isThere) expect(await engine.verify(id)).toMatchObject({ state: "ok", findings: [] });
  });
});
