import assert from "node:assert/strict";
import { newSessionId } from "../../session/session-id.ts";
import { reopen, type Chapter } from "../guarantee.ts";
import { append, collected, create, numbered, stored, summarised } from "../samples.ts";

const HOUR = 60 * 60 * 1000;

/** Runs `work` while this process' clock shows another time; it goes on as fast as before. */
async function withClock<T>(offset: number, work: () => Promise<T>): Promise<T> {
  const RealDate = globalThis.Date;
  class SetDate extends RealDate {
    constructor(...given: [] | [number | string | Date]) {
      if (given.length === 0) super(SetDate.now());
      else super(given[0]);
    }

    static override now(): number {
      return RealDate.now() + offset;
    }
  }
  globalThis.Date = SetDate as DateConstructor;
  try {
    return await work();
  } finally {
    globalThis.Date = RealDate;
  }
}

/** A server has a clock of its own, so that only what holds for any clock can be said here. */
export const clocks: Chapter = {
  title: "clocks",
  guarantees(guarantee, { capabilities }) {
    guarantee("a session's times never go back, though the clock does", async (engine, opened) => {
      const { id } = await create(engine, numbered(1));
      const times: string[] = [];
      for (const offset of [2 * HOUR, HOUR, -HOUR, -1000 * HOUR, 0]) {
        await withClock(offset, async () => {
          const { at } = await append(engine, id, numbered(1));
          times.push(at);
          assert.equal((await stored(engine, id)).updatedAt, at);
          assert.equal((await summarised(engine, id)).updatedAt, at);
        });
      }
      assert.deepEqual(times, times.toSorted());
      const again = capabilities.persistent ? await reopen(opened, engine) : engine;
      await withClock(-HOUR, async () => {
        times.push((await append(again, id, numbered(1))).at);
      });
      assert.deepEqual(times, times.toSorted());
      const history = (await collected(again.commits(id, 1))).map(({ at }) => at);
      assert.deepEqual(history, times);
    });

    guarantee("nor when a commit names an earlier time", async (engine) => {
      const at = "2024-05-06T07:08:09.123Z";
      const id = newSessionId();
      await engine.commit(id, { base: 0, at, splice: [0, 0, numbered(1)] });
      const earlier = await append(engine, id, numbered(1, 2), { at: "2023-01-01T00:00:00Z" });
      assert.equal(Date.parse(earlier.at), Date.parse(at));
      assert.equal(Date.parse((await stored(engine, id)).updatedAt), Date.parse(at));
      assert.equal(Date.parse((await summarised(engine, id)).updatedAt), Date.parse(at));
      const times = (await collected(engine.commits(id, 0))).map((commit) => Date.parse(commit.at));
      assert.deepEqual(times, [Date.parse(at), Date.parse(at)]);
    });

    guarantee("the session that was changed last stays first in the list", async (engine) => {
      const { id: other } = await create(engine, numbered(1));
      const { id } = await withClock(HOUR, () => create(engine, numbered(1)));
      await withClock(-HOUR, () => append(engine, id, numbered(1)));
      const { sessions } = await engine.list({});
      assert.deepEqual(new Set(sessions.map((summary) => summary.id)), new Set([id, other]));
      assert.ok(Date.parse(sessions[0]?.updatedAt ?? "") >= Date.parse(sessions[1]?.updatedAt ?? ""));
      const [first] = (await engine.list({ limit: 1 })).sessions;
      assert.equal(first?.id, id);
    });

    guarantee("a new life has times of its own", async (engine) => {
      const id = newSessionId();
      await engine.commit(id, { base: 0, at: "2024-01-01T00:00:00Z" });
      await engine.remove(id, { trash: capabilities.trash });
      const { at } = await engine.commit(id, { base: 0, at: "2020-01-01T00:00:00Z" });
      assert.equal(Date.parse(at), Date.parse("2020-01-01T00:00:00Z"));
    });

    if (!capabilities.trash) return;
    guarantee("restoring goes by the order of the removals, not by the clock", async (engine) => {
      const id = newSessionId();
      for (const [title, offset] of [
        ["first", HOUR],
        ["second", -HOUR],
      ] as const) {
        await withClock(offset, async () => {
          await create(engine, numbered(1), { title }, id);
          await engine.remove(id, { trash: true });
        });
      }
      assert.deepEqual(
        (await engine.trashed()).map(({ title }) => title),
        ["second", "first"],
      );
      assert.equal(await engine.restore(id), true);
      assert.equal((await stored(engine, id)).head.title, "second");
    });

    guarantee("emptying the trash removes what went there in the future", async (engine) => {
      const { id } = await create(engine);
      await withClock(1000 * HOUR, () => engine.remove(id, { trash: true }));
      assert.equal(await engine.emptyTrash(), 1);
      assert.deepEqual(await engine.trashed(), []);
      assert.equal(await engine.restore(id), false);
    });
  },
};
