import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import { afterAll, beforeAll, test } from "vitest";
import type { PostgresClient, Row } from "../../../src/engine/postgres/client.ts";
import { PostgresEngine } from "../../../src/engine/postgres/postgres-engine.ts";
import { describeWithServer } from "../postgres.ts";
import { TestServer } from "../server.ts";
import { Crew } from "./crew.ts";

const ROUNDS = 10;
const PATIENCE = 700;

/** Sends statements before those in front of them are answered, and cancels what is late. */
function pipelining(sql: postgres.Sql): PostgresClient {
  return {
    async query(text, params, { until = Infinity } = {}) {
      const pending = sql.unsafe(text, params as never[], { prepare: true });
      const timer = setTimeout(() => pending.cancel(), Math.max(0, until - performance.now()));
      try {
        return { rows: Array.from(await pending) as Row[] };
      } finally {
        clearTimeout(timer);
      }
    },
    async script(text) {
      await sql.unsafe(text);
    },
    close: () => Promise.resolve(),
  };
}

describeWithServer("postgres.js, handed over", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ fsync: "off", max_connections: "100" });
    const first = new PostgresEngine({ url: server.url });
    await first.migrate();
    await first.close();
  });
  afterAll(() => server.dispose());

  const client = (): postgres.Sql =>
    postgres(server.url, { max: 3, fetch_types: false, onnotice: () => undefined });

  /** Rows are locked, and the server stands still, for longer than the patience. */
  async function rounds(crew: Crew, isEnough: () => boolean): Promise<void> {
    const blocker = postgres(server.url, { max: 1 });
    for (let round = 0; round < ROUNDS && !isEnough(); round++) {
      await blocker
        .begin(async (transaction) => {
          await transaction`select 1 from astrid_sessions.sessions for update`;
          await sleep(PATIENCE + 300);
        })
        .catch(() => undefined);
      server.signal("", "SIGSTOP");
      await sleep(PATIENCE + 300);
      server.signal("", "SIGCONT");
      await sleep(300);
    }
    await blocker.end();
  }

  test("ten rounds of locked rows and a server that stands still: no answer is another's", async () => {
    const sqls = [client(), client()];
    const engines = sqls.map(
      (sql) => new PostgresEngine({ client: sql, tenant: "safe", patience: PATIENCE }),
    );
    const crew = new Crew({ engines, patience: PATIENCE });
    await crew.start();
    await rounds(crew, () => false);
    await crew.progress(1);
    const reader = new PostgresEngine({ url: server.url, tenant: "safe" });
    await crew.stop(reader);
    await reader.close();
    crew.assertRight(`postgres.js, ${ROUNDS} rounds`);
    await Promise.all(sqls.map((sql) => sql.end({ timeout: 1 })));
  });

  test("control: where it pipelines and cancels, calls get the answers of others, and the crew sees it", async () => {
    const errors: unknown[] = [];
    const note = (error: unknown): void => void errors.push(error);
    process.on("unhandledRejection", note);
    process.on("uncaughtException", note);
    const sqls = [client(), client()];
    const engines = sqls.map(
      (sql) => new PostgresEngine({ client: pipelining(sql), tenant: "crossed", patience: PATIENCE }),
    );
    const crew = new Crew({ engines, patience: PATIENCE, writers: 20 });
    await crew.start();
    const seen = (): number =>
      crew.wrong.length +
      (crew.failures.get("SESSION_NOT_FOUND") ?? 0) +
      (crew.failures.get("STORAGE_FAILED") ?? 0);
    await rounds(crew, () => seen() > 0);
    console.log(`control, pipelining: ${crew.summary()}; ${errors.length} errors that nobody could catch`);
    crew.abandon();
    await Promise.all(sqls.map((sql) => sql.end({ timeout: 0 }).catch(() => undefined)));
    await sleep(PATIENCE + 1000);
    process.off("unhandledRejection", note);
    process.off("uncaughtException", note);
    assert.ok(seen() + errors.length > 0, "no answer was crossed, so the other test proves nothing");
  });
});
