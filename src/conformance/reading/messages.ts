import assert from "node:assert/strict";
import type { MessageRange } from "../../engine/contract.ts";
import { newSessionId } from "../../session/session-id.ts";
import type { Chapter } from "../guarantee.ts";
import { append, contents, create, numbered, positioned, ranged, refusal } from "../samples.ts";

export const messages: Chapter = {
  title: "messages",
  guarantees(guarantee) {
    guarantee("without a range: all messages, oldest first, with their positions", async (engine) => {
      const { id } = await create(engine, numbered(2));
      await append(engine, id, numbered(2, 3));
      const read = await positioned(engine, id);
      assert.deepEqual(
        read,
        numbered(4).map((message, position) => ({ position, message })),
      );
    });

    guarantee("a range selects positions, from either end", async (engine) => {
      const { id } = await create(engine, numbered(5));
      const cases: [MessageRange, number[]][] = [
        [{ from: 3 }, [4, 5]],
        [{ to: 2 }, [1, 2]],
        [{ from: 1, to: 4 }, [2, 3, 4]],
        [{ from: 1, to: 4, limit: 2 }, [2, 3]],
        [{ reverse: true }, [5, 4, 3, 2, 1]],
        [{ limit: 2, reverse: true }, [5, 4]],
        [{ from: 1, to: 4, limit: 2, reverse: true }, [4, 3]],
        [{ from: 3, limit: 9, reverse: true }, [5, 4]],
        [{ limit: 0 }, []],
        [{ from: 5 }, []],
        [{ from: 99, to: 100 }, []],
        [{ from: 4, to: 2 }, []],
        [{ to: 99, limit: 99 }, [1, 2, 3, 4, 5]],
      ];
      for (const [range, expected] of cases) {
        const read = await positioned(engine, id, range);
        const shown = JSON.stringify(range);
        assert.deepEqual(
          read.map(({ message }) => message.content),
          expected.map((n) => `message ${n}`),
          shown,
        );
        assert.deepEqual(
          read.map(({ position }) => position),
          expected.map((n) => n - 1),
          shown,
        );
      }
    });

    guarantee("bounds that are negative or fractional are refused", async (engine) => {
      const { id } = await create(engine, numbered(2));
      for (const range of [{ from: -1 }, { to: 0.5 }, { limit: -1 }, { limit: NaN }, { from: Infinity }]) {
        await refusal(ranged(engine, id, range), "INVALID_ARGUMENT");
      }
    });

    guarantee("a session that is not there is refused", async (engine) => {
      await refusal(ranged(engine, newSessionId()), "SESSION_NOT_FOUND");
    });

    guarantee("a reader sees the revision that was current when it began", async (engine) => {
      const { id } = await create(engine, numbered(50));
      const reader = engine.messages(id, {})[Symbol.asyncIterator]();
      const first = await reader.next();
      assert.ok(first.done !== true);
      await engine.commit(id, { base: 1, splice: [0, 50, numbered(1, 1000)] });
      await append(engine, id, numbered(5, 2000));
      const read = [first.value.message];
      for (let next = await reader.next(); next.done !== true; next = await reader.next())
        read.push(next.value.message);
      assert.deepEqual(contents(read), contents(numbered(50)));
      assert.deepEqual(
        contents(await ranged(engine, id)),
        contents([...numbered(1, 1000), ...numbered(5, 2000)]),
      );
    });

    guarantee("a reader may stop early, and the next one begins anew", async (engine) => {
      const { id } = await create(engine, numbered(20));
      for await (const { position } of engine.messages(id, {})) if (position === 3) break;
      assert.equal((await ranged(engine, id)).length, 20);
      await append(engine, id, numbered(1, 21));
      assert.equal((await ranged(engine, id)).length, 21);
    });
  },
};
