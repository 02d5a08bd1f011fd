import { afterAll, beforeAll, expect, test } from "vitest";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { AgentSession, Message, SessionStore } from "../../src/index.ts";
import { describeWithServer } from "./postgres.ts";
import { TestServer } from "./server.ts";
import { SESSION_TABLES } from "./session-tables.ts";

/** Put together here, so that nobody who looks for tokens takes it for one. */
const WORD = "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8";
const SECRET = ["ghp", WORD].join("_");

describeWithServer("redact", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ fsync: "off" });
  });
  afterAll(() => server.dispose());

  /** The tables with a row in which a word stands, whatever its case. */
  function tablesWith(word: string): string[] {
    return SESSION_TABLES.filter(
      (table) => server.sql(`select 1 from r.${table} t where t::text ilike '%${word}%' limit 1`).length > 0,
    );
  }

  test("no row of any table has the secret afterwards", async () => {
    await using store = new SessionStore(new PostgresEngine({ url: server.url, schema: "r" }), {
      closeEngine: true,
    });
    const session = new AgentSession({ systemPrompt: SECRET, metadata: { title: `use ${SECRET}` } });
    const { id } = session;
    session.addMessage(Message.user(`the token is ${SECRET}`));
    await store.save(session, { operationId: `first ${SECRET}` });
    const note = { run: "r", rule: "all", reason: SECRET };
    await store.engine.remove(id, { trash: true, note });
    await store.commit(id, { base: 0, splice: [0, 0, [Message.user(SECRET)]], side: { steps: [SECRET] } });
    await store.append(id, [Message.assistant(`it is ${SECRET}`)]);
    expect(await store.search(SECRET)).not.toEqual([]);
    expect(tablesWith(WORD)).toEqual([
      "sessions",
      "heads",
      "messages",
      "commits",
      "words",
      "side_items",
      "removals",
    ]);
    expect((await store.redact(id)).isChanged).toBe(true);
    expect(tablesWith(WORD)).toEqual([]);
    expect(await store.verify(id)).toMatchObject({ state: "ok", findings: [] });
    expect(await store.search(WORD)).toEqual([]);
    expect((await store.search("redacted")).map((hit) => hit.id)).toEqual([id, id]);
    await store.delete(id);
    expect(await store.restore(id)).toBe(true);
    expect(await store.verify(id)).toMatchObject({ state: "ok", findings: [] });
    expect((await store.search("token")).map((hit) => hit.id)).toEqual([id, id]);
  });
});
