import assert from "node:assert/strict";
import { reopen, type Chapter } from "../guarantee.ts";
import {
  append,
  contents,
  create,
  nextMillisecond,
  numbered,
  refusal,
  stored,
  summarised,
  withoutBytes,
} from "../samples.ts";

export const reopening: Chapter = {
  title: "reopen",
  guarantees(guarantee, { capabilities }) {
    if (!capabilities.persistent) {
      guarantee("an engine that keeps nothing begins empty", async (engine, opened) => {
        const { id } = await create(engine, numbered(1));
        const again = await opened.reopen();
        assert.equal(await again.read(id), undefined);
        assert.deepEqual((await again.list({})).sessions, []);
      });
      return;
    }

    guarantee("a session is there again: messages, head, revision and tag", async (engine, opened) => {
      const { id } = await create(engine, numbered(2), {
        title: "Title",
        allowances: [{ id: "a" }],
        tokenCount: 3,
      });
      await append(engine, id, numbered(2, 3), { addTokens: 4 });
      await engine.commit(id, { base: 2, splice: [1, 1, numbered(1, 50)], set: { model: "m-1" } });
      const before = await stored(engine, id);
      const summary = await summarised(engine, id);
      await engine.close();
      const again = await opened.reopen();
      assert.deepEqual(await stored(again, id), before);
      assert.deepEqual(withoutBytes([await summarised(again, id)]), withoutBytes([summary]));
    });

    guarantee("it goes on where it was, with the revision and tag of before", async (engine, opened) => {
      const { id, committed } = await create(engine, numbered(1));
      const again = await reopen(opened, engine);
      const more = await append(again, id, numbered(1, 2), {
        base: committed.revision,
        baseTag: committed.tag,
      });
      assert.equal(more.revision, 2);
      await refusal(append(again, id, numbered(1, 9), { base: 1, baseTag: committed.tag }), "CONFLICT");
      assert.deepEqual((await stored(again, id)).messages, numbered(2));
    });

    guarantee("again and again, without a loss", async (engine, opened) => {
      const { id } = await create(engine);
      let current = engine;
      for (let n = 1; n <= 20; n++) {
        await append(current, id, numbered(1, n));
        if (n % 7 === 0) await current.checkpoint(id);
        if (n % 3 === 0) await current.close();
        current = n % 3 === 0 ? await opened.reopen() : await reopen(opened, current);
      }
      const session = await stored(current, id);
      assert.equal(session.revision, 21);
      assert.deepEqual(session.messages, numbered(20));
    });

    guarantee("the listing is the same", async (engine, opened) => {
      for (let index = 0; index < 5; index++) {
        await create(engine, numbered(index), { title: `session ${index}`, tags: ["t"] });
        await nextMillisecond();
      }
      const before = (await engine.list({})).sessions;
      await engine.close();
      const after = (await (await opened.reopen()).list({})).sessions;
      assert.deepEqual(withoutBytes(after), withoutBytes(before));
    });

    if (!capabilities.multiProcess) return;
    guarantee(
      "an engine that was never closed has everything that it acknowledged",
      async (engine, opened) => {
        const { id } = await create(engine, numbered(1));
        for (let n = 2; n <= 10; n++) await append(engine, id, numbered(1, n));
        const again = await opened.reopen();
        assert.deepEqual(contents((await stored(again, id)).messages), contents(numbered(10)));
      },
    );

    guarantee("two engines side by side see each other's commits", async (engine, opened) => {
      const { id } = await create(engine);
      const other = await opened.reopen();
      for (let n = 1; n <= 20; n += 2) {
        await append(engine, id, numbered(1, n));
        assert.equal((await stored(other, id)).messages.length, n);
        await append(other, id, numbered(1, n + 1));
        assert.equal((await stored(engine, id)).messages.length, n + 1);
      }
      assert.deepEqual((await stored(engine, id)).messages, numbered(20));
      await other.remove(id);
      assert.equal(await engine.read(id), undefined);
      await refusal(append(engine, id, numbered(1)), "SESSION_NOT_FOUND");
    });
  },
};
