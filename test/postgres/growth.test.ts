import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, onTestFinished, test } from "vitest";
import { PostgresEngine } from "../../src/engine/postgres/postgres-engine.ts";
import { Message } from "../../src/session/message.ts";
import { newSessionId } from "../../src/session/session-id.ts";
import { describeWithServer } from "./postgres.ts";
import { TestServer } from "./server.ts";

/** What a commit of one message takes beside the message: its row and the message's, their index entries. */
const CONSTANT = 450;

describeWithServer("what is stored", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ fsync: "off", autovacuum: "off" });
  });
  afterAll(() => server.dispose());

  function engineIn(schema: string): PostgresEngine {
    const engine = new PostgresEngine({ url: server.url, schema, connections: 4, search: false });
    onTestFinished(() => engine.close());
    return engine;
  }

  /** Asks the server's statistics. A server process adds what it did at the latest when it ends: all engines are closed. */
  async function counted(question: string): Promise<string | undefined> {
    const others =
      "select 1 from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()";
    while (server.sql(others).length > 0) await sleep(5);
    return server.sql(question).at(-1);
  }

  test.each([257, 4000])(
    "takes 1.5 times a message of %i bytes and a constant; a session's row is updated in place",
    async (size) => {
      const schema = `growth_${size}`;
      const engine = engineIn(schema);
      await engine.migrate();
      const ids = Array.from({ length: 4 }, () => newSessionId());
      let seed = 1;
      // Digits that no compression makes much smaller.
      const text = (): string => {
        let made = "";
        while (made.length < size) made += ((seed = (seed * 48271) % 2147483647) % 1e9).toString(36);
        return made.slice(0, size);
      };
      const count = 500;
      const write = async (from: number): Promise<{ bytes: number; stored: number }> => {
        let bytes = 0;
        await Promise.all(
          ids.map(async (id) => {
            for (let base = from; base < from + count; base++) {
              const message = Message.user(text());
              bytes += JSON.stringify(message).length;
              await engine.commit(id, { base, splice: ["end", 0, [message]] });
            }
          }),
        );
        server.sql("vacuum");
        const [stored] = server.sql(
          `select sum(pg_total_relation_size(oid)) from pg_class where relnamespace = '${schema}'::regnamespace and relkind = 'r'`,
        );
        return { bytes, stored: Number(stored) };
      };
      // What empty tables take, and what is used again after a vacuum, is there after the first round.
      const first = await write(0);
      const second = await write(count);
      const messages = ids.length * count;
      const grown = second.stored - first.stored;
      assert.ok(
        grown <= 1.5 * second.bytes + CONSTANT * messages,
        `${grown / messages} bytes for a message of ${second.bytes / messages}`,
      );
      await engine.close();
      const [updates = "", inPlace = ""] =
        (
          await counted(
            `select n_tup_upd || ' ' || n_tup_hot_upd from pg_stat_user_tables
             where schemaname = '${schema}' and relname = 'sessions'`,
          )
        )?.split(" ") ?? [];
      assert.ok(Number(updates) > 0 && Number(inPlace) >= 0.9 * Number(updates), `${inPlace} of ${updates}`);
    },
  );

  test("is loaded in a time that follows its messages, after 10,000 scattered splices", async () => {
    const schema = "scattered";
    const writer = engineIn(schema);
    const id = newSessionId();
    const body = (n: number): Message => Message.user(`message ${n}`);
    const messages = Array.from({ length: 22_000 }, (_, n) => body(n));
    for (let start = 0; start < messages.length; start += 5500)
      await writer.commit(id, {
        base: start / 5500,
        splice: ["end", 0, messages.slice(start, start + 5500)],
      });
    // Blocks that the server looked at, not seconds: those do not depend on the machine.
    const blocks = async (): Promise<number> =>
      Number(
        await counted(
          `select sum(heap_blks_hit + heap_blks_read + idx_blks_hit + idx_blks_read
             + coalesce(toast_blks_hit + toast_blks_read + tidx_blks_hit + tidx_blks_read, 0))
           from pg_statio_user_tables where schemaname = '${schema}'`,
        ),
      );
    const read = async (): Promise<void> => {
      const engine = engineIn(schema);
      assert.equal((await engine.read(id))?.messages.length, 22_000);
      let count = 0;
      for await (const _ of engine.messages(id, {})) count++;
      assert.equal(count, 22_000);
      await engine.close();
    };
    await read();
    await writer.close();
    // Each of 10,000 splices replaced every other message: that many runs of one slot each.
    server.sql(`with slots as (select n, case when n % 2 = 0 and n < 20000 then 22000 + n / 2 else n end as slot
        from generate_series(0, 21999) as n)
      update ${schema}.sessions set next_slot = 32000, runs = (
        select array_agg(bound order by n, bound) from slots, unnest(array[slot, slot + 1]) as bound
      );
      insert into ${schema}.messages
        select tenant, life, 22000 + slot / 2, body from ${schema}.messages where slot % 2 = 0 and slot < 20000`);
    const before = await blocks();
    await read();
    // Twice, each message by the index. Whoever looks into the list of runs for each message reads that list as often.
    const looked = (await blocks()) - before;
    assert.ok(looked > 0 && looked < 22_000 * 2 * 8, `${looked} blocks`);
  });
});
