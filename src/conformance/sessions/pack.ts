import assert from "node:assert/strict";
import type { StorageEngine } from "../../engine/contract.ts";
import type { Commit } from "../../session/commit.ts";
import { newSessionId, type SessionId } from "../../session/session-id.ts";
import { reopen, type Chapter } from "../guarantee.ts";
import {
  append,
  create,
  leavesUntouched,
  numbered,
  positioned,
  refusal,
  stored,
  summarised,
} from "../samples.ts";

/** A session of some length, with a history. */
async function resting(engine: StorageEngine): Promise<SessionId> {
  const { id } = await create(engine, numbered(40), { title: "It rests" });
  await append(engine, id, numbered(2, 41));
  await engine.commit(id, { base: 2, splice: [0, 3, numbered(1, 100)], side: { notes: ["kept"] } });
  return id;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Everything that a caller sees of a session, but what it takes. */
async function seen(engine: StorageEngine, id: SessionId): Promise<object> {
  const { bytes: _, packed: __, ...summary } = await summarised(engine, id);
  const listed = (await engine.list({})).sessions.find((one) => one.id === id);
  return {
    summary,
    isListed: listed !== undefined,
    session: await stored(engine, id),
    last: await positioned(engine, id, { reverse: true, limit: 3 }),
    range: await positioned(engine, id, { from: 5, limit: 4 }),
    side: await all(engine.sideItems(id, {})),
    history: await all(engine.commits(id, 0)),
  };
}

/** Of an engine that packs; one that does not has no other form of a session. */
export const pack: Chapter = {
  title: "pack",
  guarantees(guarantee, { capabilities }) {
    const whereItPacks: typeof guarantee = (sentence, body) =>
      guarantee(sentence, async (engine, opened) => {
        if (engine.pack !== undefined) await body(engine, opened);
      });

    whereItPacks("it changes nothing that a caller sees, takes less, and may be repeated", async (engine) => {
      const id = await resting(engine);
      await engine.checkpoint(id);
      const before = await seen(engine, id);
      const packing = await engine.pack?.(id);
      assert.equal(packing?.state, "packed");
      assert.ok(packing.bytesAfter < packing.bytesBefore);
      const { packed, bytes } = await summarised(engine, id);
      assert.deepEqual({ packed, bytes }, { packed: true, bytes: packing.bytesAfter });
      assert.deepEqual(await seen(engine, id), before);
      assert.equal((await engine.list({})).sessions[0]?.packed, true);
      assert.equal((await engine.verify(id)).packed, true);
      assert.equal((await engine.pack?.(id))?.state, "was-packed");
      assert.deepEqual((await engine.repair(id)).actions, []);
      assert.deepEqual(await seen(engine, id), before);
    });

    whereItPacks("the first write unpacks it, based on the revision that was packed", async (engine) => {
      const id = await resting(engine);
      const { revision, tag, messages } = await stored(engine, id);
      await engine.pack?.(id);
      await append(engine, id, numbered(1, 7), { base: revision, baseTag: tag });
      assert.deepEqual((await stored(engine, id)).messages, [...messages, ...numbered(1, 7)]);
      assert.equal((await summarised(engine, id)).packed, undefined);
      assert.equal((await engine.pack?.(id))?.state, "packed");
      await engine.checkpoint(id);
      assert.equal((await summarised(engine, id)).packed, undefined);
      assert.equal((await engine.verify(id)).state, "ok");
    });

    whereItPacks("a session that is held, or not there, stays as it is", async (engine) => {
      const id = await resting(engine);
      const lease = await engine.lease(id, { by: "somebody" });
      assert.equal((await engine.pack?.(id))?.state, "held");
      assert.equal((await summarised(engine, id)).packed, undefined);
      await lease.release();
      assert.equal((await engine.pack?.(id))?.state, "packed");
      await refusal(engine.pack?.(newSessionId()) ?? Promise.resolve(), "SESSION_NOT_FOUND");
    });

    whereItPacks("commits beside it are neither lost nor refused", async (engine) => {
      const { id } = await create(engine, numbered(1));
      for (let round = 0; round < 10; round++)
        await Promise.all([append(engine, id, numbered(1, round + 2)), engine.pack?.(id)]);
      assert.deepEqual((await stored(engine, id)).messages, numbered(11));
    });

    guarantee(
      "new sessions come in packed, many at a time, and are what commits make of them",
      async (engine) => {
        if (engine.createPacked === undefined) return;
        const ids = [newSessionId(), newSessionId(), newSessionId()];
        const commit = (index: number): Commit => ({
          ...{ base: 0, at: "2024-05-06T07:08:09.000Z", splice: [0, 0, numbered(3, index)] },
          ...{ set: { title: `The ${index}.` }, side: { notes: ["kept"] } },
        });
        const made = await engine.createPacked(ids.map((id, index) => ({ id, commit: commit(index) })));
        for (const [index, id] of ids.entries()) {
          const { id: other } = await create(engine, [], {});
          await engine.remove(other);
          await engine.commit(other, commit(index));
          const { packed, updatedAt } = await summarised(engine, id);
          assert.equal(packed, true);
          const { messages, revision, head } = await stored(engine, id);
          const { messages: expected, head: asExpected } = await stored(engine, other);
          assert.deepEqual({ messages, revision }, { messages: expected, revision: 1 });
          assert.deepEqual({ ...head, createdAt: "" }, { ...asExpected, createdAt: "" });
          assert.equal(updatedAt, "2024-05-06T07:08:09.000Z");
          const result = made[index];
          assert.equal(result?.status === "fulfilled" && result.value?.revision, 1);
          assert.equal((await engine.verify(id)).state, "ok");
        }
        const listed = (await engine.list({})).sessions.filter(({ packed }) => packed);
        assert.equal(listed.length, ids.length);
        await append(engine, ids[0] as SessionId, numbered(1, 9));
        assert.equal((await stored(engine, ids[0] as SessionId)).messages.length, 4);
      },
    );

    guarantee(
      "what is there already does not come in packed, and what makes no sense is refused",
      async (engine) => {
        if (engine.createPacked === undefined) return;
        const { id } = await create(engine, numbered(2));
        const commit: Commit = { base: 0, splice: [0, 0, numbered(1, 5)] };
        const id2 = newSessionId();
        await leavesUntouched(engine, id, async () => {
          const [first, second, third] =
            (await engine.createPacked?.([
              { id, commit },
              { id: id2, commit: { ...commit, base: 3 } },
              { id: newSessionId(), commit },
            ])) ?? [];
          assert.deepEqual(first, { status: "fulfilled", value: undefined });
          assert.equal(
            second?.status === "rejected" && (second.reason as { code?: string }).code,
            "CONFLICT",
          );
          assert.equal(third?.status === "fulfilled" && third.value?.messageCount, 1);
        });
        assert.equal(await engine.read(id2), undefined);
        const at = { id: newSessionId(), commit };
        const both = await Promise.all([engine.createPacked([at]), engine.createPacked([at])]);
        const won = both.filter(([one]) => one?.status === "fulfilled" && one.value !== undefined);
        assert.equal(won.length, 1);
      },
    );

    whereItPacks("other sessions stay as they are", async (engine) => {
      const id = await resting(engine);
      const { id: other } = await create(engine, numbered(2));
      await leavesUntouched(engine, other, () => engine.pack?.(id) ?? Promise.resolve());
    });

    whereItPacks(
      "it is removed and comes back from the trash, with what was removed before",
      async (engine) => {
        if (!capabilities.trash) return;
        const { id } = await create(engine, numbered(30));
        await engine.remove(id, { trash: true });
        await create(engine, numbered(40), {}, id);
        const { messages } = await stored(engine, id);
        await engine.pack?.(id);
        assert.equal((await engine.trashed()).length, 1);
        await engine.remove(id, { trash: true });
        assert.equal((await engine.trashed()).length, 2);
        assert.equal(await engine.read(id), undefined);
        assert.equal(await engine.restore(id), true);
        assert.deepEqual((await stored(engine, id)).messages, messages);
        await engine.pack?.(id);
        assert.equal(await engine.remove(id), true);
        assert.equal(await engine.read(id), undefined);
      },
    );

    if (!capabilities.persistent) return;
    whereItPacks("it is there again, and still packed", async (engine, opened) => {
      const id = await resting(engine);
      await engine.pack?.(id);
      const before = await seen(engine, id);
      const again = await reopen(opened, engine);
      assert.deepEqual(await seen(again, id), before);
      assert.equal((await summarised(again, id)).packed, true);
    });
  },
};
