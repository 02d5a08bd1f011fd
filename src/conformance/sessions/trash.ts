import assert from "node:assert/strict";
import { newSessionId } from "../../session/session-id.ts";
import { reopen, type Chapter } from "../guarantee.ts";
import { append, create, nextMillisecond, leavesUntouched, numbered, refusal, stored } from "../samples.ts";

export const trash: Chapter = {
  title: "trash",
  guarantees(guarantee, { capabilities }) {
    if (!capabilities.trash) {
      guarantee("an engine without a trash refuses, and removes nothing", async (engine) => {
        const { id } = await create(engine, numbered(1));
        await leavesUntouched(engine, id, async () => {
          await refusal(engine.remove(id, { trash: true }), "NOT_SUPPORTED");
          await refusal(engine.trashed(), "NOT_SUPPORTED");
          await refusal(engine.restore(id), "NOT_SUPPORTED");
          await refusal(engine.emptyTrash(new Date().toISOString()), "NOT_SUPPORTED");
        });
      });
      return;
    }

    guarantee("a session in the trash is listed there, and nowhere else", async (engine) => {
      const { id } = await create(engine, numbered(2), { title: "Title" });
      const before = Date.now();
      assert.equal(await engine.remove(id, { trash: true }), true);
      assert.equal(await engine.read(id), undefined);
      assert.deepEqual((await engine.list({})).sessions, []);
      const [trashed, ...more] = await engine.trashed();
      assert.ok(trashed !== undefined && more.length === 0);
      const { removedAt, bytes, ...rest } = trashed;
      assert.deepEqual(rest, { id, title: "Title", messageCount: 2, parentId: null });
      assert.ok(Number.isSafeInteger(bytes) && bytes > 0, String(bytes));
      assert.ok(Date.parse(removedAt) >= before - 1 && Date.parse(removedAt) <= Date.now(), removedAt);
    });

    guarantee("a restored session is as it was, and goes on", async (engine) => {
      const { id } = await create(engine, numbered(2), { title: "Title" });
      await append(engine, id, numbered(1, 3));
      const before = await stored(engine, id);
      await nextMillisecond();
      await engine.remove(id, { trash: true });
      const removedAt = (await engine.trashed())[0]?.removedAt ?? "";
      await nextMillisecond();
      assert.equal(await engine.restore(id), true);
      const after = await stored(engine, id);
      assert.deepEqual(after.head, before.head);
      assert.deepEqual(after.messages, before.messages);
      assert.deepEqual(await engine.trashed(), []);
      assert.ok(before.updatedAt < removedAt && removedAt < after.updatedAt, after.updatedAt);
      const { revision, tag: baseTag } = after;
      assert.ok(revision >= before.revision);
      await append(engine, id, numbered(1, 4), { base: revision, baseTag });
      assert.deepEqual((await stored(engine, id)).messages, numbered(4));
    });

    guarantee("a session that was removed for good is not in the trash", async (engine) => {
      const { id } = await create(engine);
      await engine.remove(id);
      assert.deepEqual(await engine.trashed(), []);
      assert.equal(await engine.restore(id), false);
      assert.equal(await engine.restore(newSessionId()), false);
    });

    guarantee("restoring refuses while the id is in use, and both sessions stay", async (engine) => {
      const { id } = await create(engine, numbered(1));
      await engine.remove(id, { trash: true });
      await create(engine, numbered(1, 100), {}, id);
      await leavesUntouched(engine, id, () => refusal(engine.restore(id), "CONFLICT"));
      await engine.remove(id);
      assert.equal(await engine.restore(id), true);
      assert.deepEqual((await stored(engine, id)).messages, numbered(1));
    });

    guarantee("the trash is emptied of what went there before the given time", async (engine) => {
      const { id: old } = await create(engine);
      const { id: young } = await create(engine);
      const { id: living } = await create(engine);
      await engine.remove(old, { trash: true });
      await nextMillisecond();
      const between = new Date().toISOString();
      await nextMillisecond();
      await engine.remove(young, { trash: true });
      assert.deepEqual(
        (await engine.trashed()).map(({ id }) => id),
        [young, old],
      );
      assert.equal(await engine.emptyTrash(between), 1);
      assert.deepEqual(
        (await engine.trashed()).map(({ id }) => id),
        [young],
      );
      assert.equal(await engine.restore(old), false);
      assert.equal(await engine.emptyTrash(between), 0);
      await refusal(engine.emptyTrash("yesterday"), "INVALID_ARGUMENT");
      assert.ok(await engine.read(living));
    });

    if (!capabilities.persistent) return;
    guarantee("the trash outlives the engine", async (engine, opened) => {
      const { id } = await create(engine, numbered(2));
      await engine.remove(id, { trash: true });
      const again = await reopen(opened, engine);
      assert.deepEqual(
        (await again.trashed()).map((trashed) => trashed.id),
        [id],
      );
      assert.equal(await again.restore(id), true);
      assert.deepEqual((await stored(again, id)).messages, numbered(2));
    });
  },
};
