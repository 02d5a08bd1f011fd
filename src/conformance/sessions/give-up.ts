import assert from "node:assert/strict";
import type { StorageEngine, StoredCommit } from "../../engine/contract.ts";
import type { GivenUp, GiveUpOptions, KeptFrom } from "../../engine/give-up.ts";
import { MemoryEngine } from "../../engine/memory/memory-engine.ts";
import { stateAt } from "../../engine/state-at.ts";
import { leftByRewinds } from "../../operations/left.ts";
import { Message } from "../../session/message.ts";
import { newSessionId, type SessionId } from "../../session/session-id.ts";
import { copyStore } from "../../store/copy-store.ts";
import { SessionStore } from "../../store/session-store.ts";
import { reopen, type Chapter } from "../guarantee.ts";
import {
  append,
  collected,
  create,
  leavesUntouched,
  numbered,
  refusal,
  stored,
  summarised,
  withoutBytes,
} from "../samples.ts";

/** A session of seven revisions: messages that come, go and are replaced, fields, side items. */
async function eventful(engine: StorageEngine): Promise<SessionId> {
  const { id } = await create(engine, numbered(3), { title: "First", tags: ["a"] });
  await append(engine, id, numbered(2, 4));
  await engine.commit(id, { base: 2, splice: [0, 2, [Message.user("a summary")]], set: { title: "Second" } });
  await engine.commit(id, { base: 3, side: { notes: ["one", { two: 2 }] } });
  await append(engine, id, numbered(2, 6), { operationId: "operation 5", side: { notes: ["three"] } });
  await engine.commit(id, { base: 5, splice: [1, 1, []], set: { tags: ["b"] } });
  await append(engine, id, numbered(1, 8));
  return id;
}

async function giveUp(
  engine: StorageEngine,
  id: SessionId,
  from: KeptFrom,
  options?: GiveUpOptions,
): Promise<GivenUp> {
  const given = await engine.giveUp(id, from, options);
  assert.ok(given);
  return given;
}

/** What a revision holds. */
async function at(engine: StorageEngine, id: SessionId, revision: number): Promise<object> {
  const { tag: _, ...state } = await stateAt(engine, id, revision);
  return state;
}

const untagged = ({ tag: _, ...commit }: StoredCommit): object => commit;

export const givingUp: Chapter = {
  title: "giving up history",
  guarantees(guarantee, { capabilities }) {
    guarantee("what is kept is as it was, from its first revision on", async (engine) => {
      for (const first of [2, 3, 4, 5, 6, 7]) {
        const id = await eventful(engine);
        const summary = await summarised(engine, id);
        const { messages, head, updatedAt } = await stored(engine, id);
        const items = await collected(engine.sideItems(id, {}));
        const behind = (await collected(engine.commits(id, first))).map(untagged);
        const states = await Promise.all([2, 3, 4, 5, 6, 7].map((revision) => at(engine, id, revision)));
        const given = await giveUp(engine, id, { revision: first });
        assert.deepEqual([given.begins, given.revisions], [first, first - 1]);
        const now = await stored(engine, id);
        assert.deepEqual([now.messages, now.head, now.updatedAt], [messages, head, updatedAt]);
        assert.deepEqual(withoutBytes([await summarised(engine, id)]), withoutBytes([summary]));
        assert.deepEqual(await collected(engine.sideItems(id, {})), items);
        assert.deepEqual((await collected(engine.commits(id, first))).map(untagged), behind);
        for (let revision = first; revision <= 7; revision++)
          assert.deepEqual(await at(engine, id, revision), states[revision - 2]);
        assert.deepEqual((await engine.verify(id)).state, "ok");
        const store = new SessionStore(engine);
        const told = (await collected(store.history(id))).map(({ revision }) => revision);
        assert.deepEqual(told.toReversed(), numbers(first, 7));
      }
    });

    guarantee("reading what went is refused, and says where the history begins", async (engine) => {
      const id = await eventful(engine);
      await giveUp(engine, id, { revision: 4 });
      const store = new SessionStore(engine);
      for (const reading of [
        () => collected(engine.commits(id, 1)),
        () => store.load(id, { revision: 3 }),
        () => store.read(id, { revision: 1 }),
        () => store.fork(id, { revision: 2 }),
        () => store.rewind(id, { revision: 3 }),
      ])
        assert.match((await refusal(reading(), "INVALID_ARGUMENT")).message, /begins behind revision 3/);
      const [first] = await collected(engine.commits(id, 0));
      assert.equal(first?.revision, 4);
      assert.deepEqual(await collected(engine.commits(id, 3)), await collected(engine.commits(id, 0)));
      assert.equal((await store.load(id, { revision: 4 }))?.messages.length, 4);
    });

    guarantee("undo says when what it goes back to was given up", async (engine) => {
      const store = new SessionStore(engine);
      for (const first of [2, 3]) {
        const { id } = await create(engine, numbered(4));
        await store.rewind(id, { position: 1 });
        await append(engine, id, numbered(1, 10));
        await giveUp(engine, id, { revision: first });
        await leavesUntouched(engine, id, async () => {
          assert.match((await refusal(store.undo(id), "INVALID_ARGUMENT")).message, /begins behind/);
        });
        assert.deepEqual(await leftByRewinds(engine, id, (await stored(engine, id)).head), []);
        // What is there still can be gone back to.
        await store.rewind(id, { position: 0 });
        assert.equal(await store.undo(id), "rewind");
        assert.equal((await stored(engine, id)).messages.length, 2);
      }
    });

    guarantee(
      "by time: the first revision of that time or later stays, and the last one always",
      async (engine) => {
        const { id } = await create(engine, numbered(1));
        const [first] = await collected(engine.commits(id, 0));
        const begin = Date.parse(first?.at ?? "");
        const day = (days: number): string => new Date(begin + days * 86_400_000).toISOString();
        for (const days of [1, 2, 3]) await append(engine, id, numbered(1, days), { at: day(days) });
        assert.equal((await giveUp(engine, id, { time: day(0) })).revisions, 0);
        assert.deepEqual(begins(await giveUp(engine, id, { time: day(1.5) })), [3, 2]);
        assert.deepEqual(begins(await giveUp(engine, id, { time: day(9) })), [4, 1]);
        assert.equal((await stored(engine, id)).messages.length, 4);
      },
    );

    guarantee("a dry run says what would go, and changes nothing", async (engine) => {
      const id = await eventful(engine);
      // One in the background would be noted between the two, which takes bytes.
      await engine.checkpoint(id);
      const before = await collected(engine.commits(id, 0));
      let told: GivenUp | undefined;
      await leavesUntouched(engine, id, async () => {
        told = await giveUp(engine, id, { revision: 6 }, { dryRun: true });
      });
      assert.deepEqual(await collected(engine.commits(id, 0)), before);
      assert.ok(told !== undefined && told.bytes > 0);
      assert.deepEqual(await giveUp(engine, id, { revision: 6 }), told);
    });

    guarantee("where there is nothing to give up, or no session, nothing happens", async (engine) => {
      assert.equal(await engine.giveUp(newSessionId(), { revision: 1 }), undefined);
      const id = await eventful(engine);
      await leavesUntouched(engine, id, async () => {
        assert.deepEqual(begins(await giveUp(engine, id, { revision: 1 })), [1, 0]);
      });
      assert.deepEqual(begins(await giveUp(engine, id, { revision: 99 })), [7, 6]);
      assert.deepEqual(begins(await giveUp(engine, id, { revision: 3 })), [7, 0]);
      await engine.remove(id, { trash: true });
      assert.equal(await engine.giveUp(id, { revision: 7 }), undefined);
    });

    guarantee("a session that is held is its holder's", async (engine) => {
      const id = await eventful(engine);
      const lease = await engine.lease(id, { by: "alice" });
      await leavesUntouched(engine, id, async () => {
        await refusal(giveUp(engine, id, { revision: 3 }), "SESSION_HELD");
        await refusal(giveUp(engine, id, { revision: 3 }, { lease: "no such lease" }), "LEASE_LOST");
      });
      const { token } = lease;
      assert.deepEqual(begins(await giveUp(engine, id, { revision: 3 }, { lease: token })), [3, 2]);
    });

    guarantee(
      "the session goes on, is shortened again, and its operations are known",
      async (engine, opened) => {
        const id = await eventful(engine);
        const repeated = { operationId: "operation 5", side: { notes: ["three"] } };
        await giveUp(engine, id, { revision: 5 });
        assert.equal((await append(engine, id, numbered(2, 6), repeated)).repeated, true);
        const { revision } = await append(engine, id, numbered(1, 9));
        assert.equal(revision, 8);
        await engine.commit(id, { base: 8, splice: [0, 1, []] });
        await giveUp(engine, id, { revision: 8 });
        const { messages } = await stored(engine, id);
        assert.deepEqual(
          (await collected(engine.commits(id, 0))).map((one) => [one.revision, one.messageCount]),
          [
            [8, messages.length + 1],
            [9, messages.length],
          ],
        );
        assert.equal((await engine.verify(id)).state, "ok");
        if (!capabilities.persistent) return;
        await engine.close();
        const again = await reopen(opened, engine);
        assert.deepEqual((await stored(again, id)).messages, messages);
        assert.equal((await again.verify(id)).state, "ok");
      },
    );

    guarantee("lives of the id that are in the trash are not touched", async (engine) => {
      const id = await eventful(engine);
      await engine.remove(id, { trash: true });
      await create(engine, numbered(1), {}, id);
      await append(engine, id, numbered(1, 2));
      const given = await giveUp(engine, id, { revision: 2 });
      assert.deepEqual(begins(given), given.waitsForTrash === true ? [1, 0] : [2, 1]);
      assert.equal((await stored(engine, id)).messages.length, 2);
      await engine.remove(id);
      assert.equal(await engine.restore(id), true);
      assert.equal(((await at(engine, id, 1)) as { messages: unknown[] }).messages.length, 3);
    });

    guarantee("it is copied with the history that it has", async (engine) => {
      const id = await eventful(engine);
      await giveUp(engine, id, { revision: 5 });
      const target = new MemoryEngine();
      await copyStore(engine, target);
      assert.deepEqual((await stored(target, id)).messages, (await stored(engine, id)).messages);
    });
  },
};

function begins({ begins, revisions }: GivenUp): [number, number] {
  return [begins, revisions];
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
