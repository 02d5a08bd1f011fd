import assert from "node:assert/strict";
import { jsonEquals } from "../../session/json/json.ts";
import { Message } from "../../session/message.ts";
import { reopen, type Chapter } from "../guarantee.ts";
import { append, contents, create, numbered, ranged, stored, summarised } from "../samples.ts";

const MESSAGES = 10_000;
const TWENTY_MEGABYTES = 20 * 1024 * 1024;

export const big: Chapter = {
  title: "big sessions",
  guarantees(guarantee, { capabilities: { persistent } }) {
    guarantee("10,000 messages in one commit", async (engine, opened) => {
      const { id, committed } = await create(engine, numbered(MESSAGES));
      assert.equal(committed.messageCount, MESSAGES);
      const again = persistent ? await reopen(opened, engine) : engine;
      assert.deepEqual((await stored(again, id)).messages, numbered(MESSAGES));
      assert.equal((await summarised(again, id)).messageCount, MESSAGES);
      const tail = await ranged(again, id, { reverse: true, limit: 3 });
      assert.deepEqual(contents(tail), ["message 10000", "message 9999", "message 9998"]);
    });

    guarantee(
      "10,000 messages in 1,000 commits, spliced at both ends and in the middle",
      async (engine, opened) => {
        const { id } = await create(engine);
        for (let from = 1; from < MESSAGES; from += 10) {
          await engine.commit(id, { splice: ["end", 0, numbered(10, from)] }, "process");
        }
        const model = numbered(MESSAGES);
        const splices = [
          [0, 5000, 1],
          [2500, 10, 20],
          [5000, 1, 0],
          [0, 0, 2],
        ] as const;
        for (const [index, [start, deleteCount, added]] of splices.entries()) {
          const messages = numbered(added, 100_000 * (index + 1));
          model.splice(start, deleteCount, ...messages);
          const base = MESSAGES / 10 + 1 + index;
          await engine.commit(id, { base, splice: [start, deleteCount, messages] });
        }
        const again = persistent ? await reopen(opened, engine) : engine;
        const session = await stored(again, id);
        assert.equal(session.revision, MESSAGES / 10 + 1 + splices.length);
        assert.deepEqual(session.messages, model);
        assert.deepEqual(await ranged(again, id, { from: 2490, to: 2540 }), model.slice(2490, 2540));
      },
    );

    guarantee("a message of 20 MB, and what comes after it", async (engine, opened) => {
      const huge = Message.user(`begin ${"€".repeat(TWENTY_MEGABYTES / 3)} end`);
      const { id } = await create(engine, numbered(1));
      await append(engine, id, [huge]);
      await append(engine, id, numbered(1, 3));
      const again = persistent ? await reopen(opened, engine) : engine;
      const { messages } = await stored(again, id);
      assert.equal(messages.length, 3);
      assert.ok(jsonEquals(messages[1], huge), "the big message differs");
      assert.deepEqual(await ranged(again, id, { from: 2 }), numbered(1, 3));
      const [last, before] = await ranged(again, id, { reverse: true, limit: 2 });
      assert.deepEqual(last, numbered(1, 3)[0]);
      assert.ok(jsonEquals(before, huge), "the big message differs when read from the end");
    });

    guarantee("300 sessions, listed page by page", async (engine) => {
      for (let index = 0; index < 300; index++) {
        await engine.commit(
          (await create(engine, numbered(1))).id,
          { set: { title: `session ${index}` } },
          "process",
        );
      }
      const titles = new Set<string | null>();
      let cursor: string | undefined;
      do {
        const page = await engine.list({ limit: 70, cursor });
        for (const { title } of page.sessions) titles.add(title);
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      assert.equal(titles.size, 300);
    });
  },
};
