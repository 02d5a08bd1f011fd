import assert from "node:assert/strict";
import type { SideItem, SideRange, StorageEngine, StoredCommit } from "../../engine/contract.ts";
import type { Commit } from "../../session/commit.ts";
import type { Json } from "../../session/json/json.ts";
import { newSessionId, type SessionId } from "../../session/session-id.ts";
import { reopen, type Chapter } from "../guarantee.ts";
import { append, conflict, create, numbered, refusal, stored } from "../samples.ts";

async function itemsOf(engine: StorageEngine, id: SessionId, range: SideRange = {}): Promise<SideItem[]> {
  const items: SideItem[] = [];
  for await (const item of engine.sideItems(id, range)) items.push(item);
  return items;
}

/** The items alone, to compare. */
async function valuesOf(engine: StorageEngine, id: SessionId, list?: string): Promise<Json[]> {
  return (await itemsOf(engine, id, { list })).map(({ item }) => item);
}

/** A session with three items in two lists, of two commits. */
async function listed(engine: StorageEngine): Promise<SessionId> {
  const { id } = await create(engine, numbered(2));
  await engine.commit(id, { side: { steps: [{ n: 1 }, { n: 2 }], writes: ["w1"] } });
  return id;
}

async function commitsOf(engine: StorageEngine, id: SessionId): Promise<StoredCommit[]> {
  const commits: StoredCommit[] = [];
  for await (const commit of engine.commits(id, 0)) commits.push(commit);
  return commits;
}

export const sideLists: Chapter = {
  title: "side lists",
  guarantees(guarantee, { capabilities }) {
    guarantee("items come back in their order, with their list and position", async (engine) => {
      const id = await listed(engine);
      await engine.commit(id, { side: { writes: ["w2"], steps: [null] } });
      const items = await itemsOf(engine, id);
      assert.deepEqual(items, [
        { position: 0, list: "steps", item: { n: 1 } },
        { position: 1, list: "steps", item: { n: 2 } },
        { position: 2, list: "writes", item: "w1" },
        { position: 3, list: "writes", item: "w2" },
        { position: 4, list: "steps", item: null },
      ]);
      assert.ok(Object.isFrozen(items[0]?.item));
      assert.deepEqual(await itemsOf(engine, id, { list: "writes" }), items.slice(2, 4));
      assert.deepEqual(await itemsOf(engine, id, { list: "steps", from: 1, limit: 1 }), items.slice(1, 2));
      assert.deepEqual(await itemsOf(engine, id, { from: 3 }), items.slice(3));
      assert.deepEqual(await itemsOf(engine, id, { from: 9 }), []);
      assert.deepEqual(await itemsOf(engine, id, { limit: 0 }), []);
      assert.deepEqual(await itemsOf(engine, id, { list: "none" }), []);
      await refusal(itemsOf(engine, id, { from: -1 }), "INVALID_ARGUMENT");
    });

    guarantee("a session has none until some are added, and a missing one is refused", async (engine) => {
      const { id } = await create(engine, numbered(1));
      await engine.commit(id, { side: {} });
      await engine.commit(id, { side: { empty: [] } });
      assert.deepEqual(await itemsOf(engine, id), []);
      await refusal(itemsOf(engine, newSessionId()), "SESSION_NOT_FOUND");
    });

    guarantee("they are stored with the rest of their commit, or not at all", async (engine) => {
      const id = newSessionId();
      const side = { a: [1] };
      await engine.commit(id, { base: 0, splice: [0, 0, numbered(1)], set: { title: "T" }, side });
      await conflict(engine.commit(id, { base: 9, side }));
      await refusal(engine.commit(id, { base: 1, set: { title: 1 as never }, side }), "INVALID_SESSION");
      await conflict(engine.commit(id, { base: 0, side }));
      await refusal(engine.commit(newSessionId(), { side }), "SESSION_NOT_FOUND");
      assert.deepEqual(await valuesOf(engine, id), [1]);
      const { messages, head, revision } = await stored(engine, id);
      assert.deepEqual([messages, head.title, revision], [numbered(1), "T", 1]);
    });

    guarantee("the history tells what each commit added", async (engine) => {
      const id = await listed(engine);
      await append(engine, id, numbered(1, 3), { side: { writes: [[]] } });
      const sides = (await commitsOf(engine, id)).map(({ side }) => side);
      assert.deepEqual(sides, [undefined, { steps: [{ n: 1 }, { n: 2 }], writes: ["w1"] }, { writes: [[]] }]);
    });

    guarantee(
      "a repeated operation adds its items once; with other items it is another one",
      async (engine) => {
        const { id } = await create(engine);
        const commit: Commit = { operationId: "op", side: { a: [1] } };
        await engine.commit(id, commit);
        assert.equal((await engine.commit(id, commit)).repeated, true);
        const others = [{ a: [2] }, { b: [1] }, { a: [1, 1] }, {}];
        for (const side of others) {
          await refusal(engine.commit(id, { operationId: "op", side }), "OPERATION_MISMATCH");
        }
        assert.deepEqual(await valuesOf(engine, id), [1]);
      },
    );

    guarantee("what is spliced away of the messages, or set, leaves the lists alone", async (engine) => {
      const id = await listed(engine);
      await engine.commit(id, { base: 2, splice: [0, 2, numbered(1, 9)], set: { title: "other" } });
      assert.equal((await itemsOf(engine, id)).length, 3);
      assert.deepEqual((await stored(engine, id)).messages, numbered(1, 9));
    });

    guarantee("any name and any JSON comes back exactly; anything else is refused", async (engine) => {
      const item = { items: [], set: { side: [-0, "\u0000\ud800\n"] }, messages: [{}], crc: "x" };
      const names = ["", "__proto__", "a\nb", '","items":[', "\ud800", "é", "10"];
      const { id } = await create(engine);
      await engine.commit(id, { side: Object.fromEntries(names.map((name) => [name, [item, name]])) });
      for (const name of names) {
        const [first, second] = await valuesOf(engine, id, name);
        assert.deepEqual([first, second], [item, name]);
        assert.ok(Object.is(-0, (first as typeof item).set.side[0]));
      }
      const odd = [{ a: 1 }, [], { a: [() => 1] }, { a: [new Date()] }] as unknown[];
      for (const side of odd) await refusal(engine.commit(id, { side: side as never }), "INVALID_ARGUMENT");
    });

    guarantee("a reading shows the revision at which it began", async (engine) => {
      const id = await listed(engine);
      const reading = engine.sideItems(id, {})[Symbol.asyncIterator]();
      assert.equal((await reading.next()).done, false);
      await engine.commit(id, { side: { steps: ["later"] } });
      const rest: unknown[] = [];
      for (let next = await reading.next(); next.done !== true; next = await reading.next())
        rest.push(next.value.item);
      assert.deepEqual(rest, [{ n: 2 }, "w1"]);
    });

    guarantee("thousands of items, large ones among them, keep their places", async (engine) => {
      const { id } = await create(engine, numbered(1));
      const large = "x".repeat(3 << 20);
      for (let n = 0; n < 4; n++) {
        const steps = Array.from({ length: 700 }, (_, index) => n * 700 + index);
        await engine.commit(id, { side: { steps, large: [large] } });
      }
      const steps = await itemsOf(engine, id, { list: "steps" });
      assert.deepEqual(
        steps.map(({ item }) => item),
        Array.from({ length: 2800 }, (_, index) => index),
      );
      assert.deepEqual(await itemsOf(engine, id, { from: 700, limit: 2 }), [
        { position: 700, list: "large", item: large },
        { position: 701, list: "steps", item: 700 },
      ]);
      assert.equal((await commitsOf(engine, id))[3]?.side?.["steps"]?.[0], 1400);
      assert.equal((await engine.verify(id)).state, "ok");
    });

    guarantee("commits at once lose none of theirs", async (engine) => {
      const { id } = await create(engine);
      await Promise.all(
        Array.from({ length: 20 }, (_, n) => engine.commit(id, { side: { a: [n], b: [n] } })),
      );
      const items = await itemsOf(engine, id);
      assert.deepEqual(
        items.map(({ position }) => position),
        Array.from({ length: 40 }, (_, index) => index),
      );
      assert.equal(new Set(items.map(({ list, item }) => `${list}${JSON.stringify(item)}`)).size, 40);
    });

    guarantee("they go with the session, and an id that is used again begins without", async (engine) => {
      const id = await listed(engine);
      await engine.remove(id);
      await refusal(itemsOf(engine, id), "SESSION_NOT_FOUND");
      await create(engine, numbered(1), {}, id);
      assert.deepEqual(await itemsOf(engine, id), []);
      if (!capabilities.trash) return;
      const other = await listed(engine);
      await engine.remove(other, { trash: true });
      assert.equal(await engine.restore(other), true);
      await engine.commit(other, { side: { steps: [3] } });
      assert.deepEqual(await valuesOf(engine, other), [{ n: 1 }, { n: 2 }, "w1", 3]);
    });

    if (!capabilities.persistent) return;
    guarantee("they outlive the engine, whether a checkpoint holds them or not", async (engine, opened) => {
      const id = await listed(engine);
      await engine.checkpoint(id);
      await engine.commit(id, { side: { steps: [3] } });
      let again = await reopen(opened, engine);
      assert.deepEqual(await valuesOf(again, id), [{ n: 1 }, { n: 2 }, "w1", 3]);
      await again.checkpoint(id);
      await append(again, id, numbered(1, 3), { side: { writes: ["w2"] } });
      await again.checkpoint(id);
      again = await reopen(opened, again);
      assert.deepEqual(await valuesOf(again, id), [{ n: 1 }, { n: 2 }, "w1", 3, "w2"]);
      assert.deepEqual((await stored(again, id)).messages, numbered(3));
      assert.equal((await again.verify(id)).state, "ok");
    });
  },
};
