import pg from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { EngineEvents } from "../../src/engine/engine-events.ts";
import { AgentSession, Message, SessionStore, type EngineListener, type SessionId } from "../../src/index.ts";
import { PostgresEngine } from "../../src/postgres.ts";
import { describeWithServer } from "./postgres.ts";
import { TestServer } from "./server.ts";

const closed = { code: "STORE_CLOSED" };

/** Tells what a test says: PostgreSQL has no files to report of, and a program's own engine may have something. */
class ReportingEngine extends PostgresEngine {
  readonly events = new EngineEvents();

  override subscribe(listener: EngineListener): () => void {
    const ends = [super.subscribe(listener), this.events.subscribe(listener)];
    return () => {
      for (const end of ends) end();
    };
  }
}

async function saved(store: SessionStore): Promise<SessionId> {
  const session = new AgentSession({ messages: [Message.user("hello")] });
  await store.save(session);
  return session.id;
}

describeWithServer("a PostgreSQL engine that several stores use", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ fsync: "off" });
  });
  afterAll(() => server.dispose());

  test("it is its owner's: a store that is closed leaves it to the others, and ends its own watching", async () => {
    const engine = new PostgresEngine({ url: server.url, tenant: "shared", connections: 2 });
    onTestFinished(() => engine.close());
    const [one, other] = [new SessionStore(engine), new SessionStore(engine)];
    const id = await saved(one);
    const [ofOne, ofOther] = [one, other].map((store) =>
      store.watch(id, { after: 0 })[Symbol.asyncIterator](),
    );
    for (const watching of [ofOne, ofOther]) expect((await watching?.next())?.value?.revision).toBe(1);
    await one.close();
    expect((await ofOne?.next())?.done).toBe(true);
    await expect(one.load(id)).rejects.toMatchObject(closed);
    await other.append(id, [Message.user("more")]);
    expect((await ofOther?.next())?.value?.revision).toBe(2);
    await other.close();
    expect((await engine.read(id))?.revision).toBe(2);
    await engine.close();
    await expect(engine.read(id)).rejects.toMatchObject(closed);
  });

  test("a store that was told to close it does so, and a pool that was handed to it stays its owner's", async () => {
    const pool = new pg.Pool({ connectionString: server.url, max: 2 });
    onTestFinished(() => pool.end());
    const engine = new PostgresEngine({ client: pool, tenant: "closing" });
    const other = new SessionStore(engine);
    const store = new SessionStore(engine, { closeEngine: true });
    const id = await saved(store);
    await store.close();
    await expect(engine.read(id)).rejects.toMatchObject(closed);
    await expect(other.load(id)).rejects.toMatchObject(closed);
    await other.close();
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  test("every store on it hears a report and progress, until it is closed", async () => {
    const engine = new ReportingEngine({ url: server.url, tenant: "reporting", connections: 2 });
    onTestFinished(() => engine.close());
    const heard: string[] = [];
    const stores = ["one", "other"].map((name) => {
      const store = new SessionStore(engine);
      store.on("report", ({ kind }) => heard.push(`${name} ${kind}`));
      store.on("progress", ({ done }) => heard.push(`${name} ${done}`));
      return store;
    });
    const tell = async (): Promise<void> => {
      engine.events.report({ kind: "damage", sessionId: "" as SessionId, message: "" });
      engine.events.progress({ kind: "index", done: 1, total: 2 });
      await Promise.resolve();
    };
    await tell();
    expect(heard).toEqual(["one damage", "other damage", "one 1", "other 1"]);
    await stores[0]?.close();
    await tell();
    expect(heard.slice(4)).toEqual(["other damage", "other 1"]);
    await stores[1]?.close();
  });
});
