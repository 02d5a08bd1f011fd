import assert from "node:assert/strict";
import type { StorageEngine } from "../../engine/contract.ts";
import { newSessionId, type SessionId } from "../../session/session-id.ts";
import { reopen, type Chapter } from "../guarantee.ts";
import {
  nextMillisecond,
  append,
  collected,
  contents,
  create,
  leavesUntouched,
  numbered,
  refusal,
  stored,
} from "../samples.ts";

/** A life of `count` messages in the trash; its title tells it apart. */
async function trashedLife(
  engine: StorageEngine,
  id: SessionId,
  title: string,
  count: number,
): Promise<void> {
  await create(engine, numbered(count), { title }, id);
  assert.equal(await engine.remove(id, { trash: true }), true);
  await nextMillisecond();
}

async function titlesInTrash(engine: StorageEngine): Promise<(string | null)[]> {
  return (await engine.trashed()).map(({ title }) => title);
}

async function titleOf(engine: StorageEngine, id: SessionId): Promise<string | null> {
  return (await stored(engine, id)).head.title;
}

export const lives: Chapter = {
  title: "lives of an id",
  guarantees(guarantee, { capabilities }) {
    guarantee("each life begins at revision 1, with nothing of the one before", async (engine) => {
      const id = newSessionId();
      for (const from of [100, 200, 300]) {
        const { committed } = await create(engine, numbered(1, from), {}, id);
        assert.equal(committed.revision, 1);
        await append(engine, id, numbered(1, from + 1), { operationId: "op", side: { steps: [from] } });
        const session = await stored(engine, id);
        assert.equal(session.revision, 2);
        assert.deepEqual(session.messages, numbered(2, from));
        assert.equal((await engine.summary(id))?.revision, 2);
        const commits = await collected(engine.commits(id, 0));
        assert.deepEqual(
          commits.map(({ revision, operationId }) => [revision, operationId]),
          [
            [1, undefined],
            [2, "op"],
          ],
        );
        const items = await collected(engine.sideItems(id, {}));
        assert.deepEqual(items, [{ position: 0, list: "steps", item: from }]);
        assert.equal((await engine.verify(id)).state, "ok");
        await engine.remove(id, { trash: capabilities.trash });
        assert.equal(await engine.read(id), undefined);
      }
    });

    guarantee("a writer of an earlier life is refused, at the same revision too", async (engine) => {
      const { id, committed: old } = await create(engine, numbered(1));
      await engine.remove(id, { trash: capabilities.trash });
      await create(engine, numbered(1), {}, id);
      await leavesUntouched(engine, id, () =>
        refusal(append(engine, id, numbered(1, 2), { base: 1, baseTag: old.tag }), "CONFLICT"),
      );
    });

    if (!capabilities.trash) return;
    guarantee("the trash has every life, the one that was removed last first", async (engine) => {
      const id = newSessionId();
      await trashedLife(engine, id, "first", 3);
      await trashedLife(engine, newSessionId(), "another", 1);
      await trashedLife(engine, id, "second", 2);
      const trashed = await engine.trashed();
      assert.deepEqual(
        trashed.map(({ title, messageCount }) => [title, messageCount]),
        [
          ["second", 2],
          ["another", 1],
          ["first", 3],
        ],
      );
    });

    guarantee("restoring brings back the life that was removed last, then the one before", async (engine) => {
      const id = newSessionId();
      for (const title of ["first", "second", "third"]) await trashedLife(engine, id, title, 1);
      for (const title of ["third", "second", "first"]) {
        assert.equal(await engine.restore(id), true);
        assert.equal(await titleOf(engine, id), title);
        assert.equal((await engine.trashed()).length, { third: 2, second: 1, first: 0 }[title]);
        await engine.remove(id);
      }
      assert.equal(await engine.restore(id), false);
    });

    guarantee("an earlier life that was restored and removed again is the last", async (engine) => {
      const id = newSessionId();
      await trashedLife(engine, id, "first", 1);
      await create(engine, [], { title: "second" }, id);
      await engine.remove(id);
      assert.equal(await engine.restore(id), true);
      await append(engine, id, numbered(1, 2));
      await engine.remove(id, { trash: true });
      await trashedLife(engine, id, "third", 1);
      assert.deepEqual(await titlesInTrash(engine), ["third", "first"]);
      await engine.restore(id);
      await engine.remove(id);
      await engine.restore(id);
      assert.deepEqual((await stored(engine, id)).messages, numbered(2));
    });

    guarantee("a later life that is the beginning of an earlier one costs it nothing", async (engine) => {
      const id = newSessionId();
      const at = "2026-01-01T00:00:00Z";
      // The same commits at the same times, as when one transcript is imported twice.
      for (const count of [20, 15]) {
        await engine.commit(id, { base: 0, at, operationId: "import", set: { createdAt: at } });
        for (let n = 1; n <= count; n++)
          await append(engine, id, numbered(1, n), { at, operationId: `message ${n}` });
        await engine.remove(id, { trash: true });
      }
      assert.deepEqual(
        (await engine.trashed()).map(({ messageCount }) => messageCount),
        [15, 20],
      );
      await engine.restore(id);
      await engine.remove(id);
      await engine.restore(id);
      assert.deepEqual((await stored(engine, id)).messages, numbered(20));
    });

    guarantee("removing a later life for good leaves the earlier ones in the trash", async (engine) => {
      const id = newSessionId();
      await trashedLife(engine, id, "first", 2);
      await create(engine, numbered(1, 100), { title: "second" }, id);
      assert.equal(await engine.remove(id), true);
      assert.deepEqual(await titlesInTrash(engine), ["first"]);
      assert.equal(await engine.restore(id), true);
      assert.deepEqual((await stored(engine, id)).messages, numbered(2));
    });

    guarantee("a life cannot be restored while another one goes on", async (engine) => {
      const id = newSessionId();
      await trashedLife(engine, id, "first", 1);
      await create(engine, numbered(1), { title: "second" }, id);
      await leavesUntouched(engine, id, () => refusal(engine.restore(id), "CONFLICT"));
      assert.deepEqual(await titlesInTrash(engine), ["first"]);
    });

    guarantee("a restored life has its own history and operation ids, and goes on", async (engine) => {
      const { id } = await create(engine, numbered(1));
      await append(engine, id, numbered(1, 2), { operationId: "op" });
      await engine.remove(id, { trash: true });
      await create(engine, numbered(1, 100), {}, id);
      await append(engine, id, numbered(3, 101), { operationId: "other" });
      await engine.remove(id);
      await engine.restore(id);
      const { revision, tag: baseTag, messages } = await stored(engine, id);
      assert.deepEqual(messages, numbered(2));
      const repeated = await append(engine, id, numbered(1, 2), { operationId: "op" });
      assert.deepEqual([repeated.revision, repeated.repeated], [2, true]);
      const other = { base: revision, baseTag, operationId: "other" };
      assert.equal((await append(engine, id, numbered(1, 3), other)).repeated, false);
      assert.deepEqual((await stored(engine, id)).messages, numbered(3));
      const inserted = (await collected(engine.commits(id, 0))).flatMap(({ splice }) => splice?.[2] ?? []);
      assert.deepEqual(contents(inserted), contents(numbered(3)));
    });

    guarantee("emptying the trash removes every life in it, and not the one that goes on", async (engine) => {
      const id = newSessionId();
      await trashedLife(engine, id, "first", 1);
      await trashedLife(engine, id, "second", 1);
      await create(engine, numbered(1), { title: "third" }, id);
      await leavesUntouched(engine, id, async () => assert.equal(await engine.emptyTrash(), 2));
      assert.deepEqual(await engine.trashed(), []);
      assert.equal(await engine.emptyTrash(), 0);
      assert.equal(await engine.restore(id), false);
      await append(engine, id, numbered(1, 2));
      assert.equal(await engine.restore(id), false);
      await engine.remove(id);
      assert.equal(await engine.restore(id), false);
    });

    if (!capabilities.persistent) return;
    guarantee("the lives are told apart when the place is opened again", async (engine, opened) => {
      const id = newSessionId();
      await trashedLife(engine, id, "first", 1);
      await trashedLife(engine, id, "second", 2);
      await create(engine, numbered(3), { title: "third" }, id);
      const again = await reopen(opened, engine);
      assert.deepEqual((await stored(again, id)).messages, numbered(3));
      assert.deepEqual(await titlesInTrash(again), ["second", "first"]);
      await again.remove(id);
      assert.equal(await again.restore(id), true);
      assert.deepEqual((await stored(again, id)).messages, numbered(2));
    });

    if (!capabilities.multiProcess) return;
    guarantee("a writer that has the session open notices another's new life", async (engine, opened) => {
      const other = await opened.reopen();
      const { id, committed } = await create(engine, numbered(1), { title: "first" });
      await other.remove(id, { trash: true });
      await create(other, numbered(1, 100), { title: "second" }, id);
      const stale = append(engine, id, numbered(1, 2), { base: 1, baseTag: committed.tag });
      await refusal(stale, "CONFLICT");
      assert.equal((await append(engine, id, numbered(1, 101))).revision, 2);
      assert.deepEqual((await stored(other, id)).messages, numbered(2, 100));
      await other.remove(id);
      assert.equal(await engine.restore(id), true);
      assert.deepEqual((await stored(other, id)).messages, numbered(1));
    });
  },
};
