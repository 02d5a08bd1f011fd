import assert from "node:assert/strict";
import type { Snapshot, StorageEngine } from "../../engine/contract.ts";
import { SessionStoreError } from "../../session/errors/errors.ts";
import { newSessionId, type SessionId } from "../../session/session-id.ts";
import type { Message } from "../../session/message.ts";
import { snapshotOf } from "../../store/reading/snapshot.ts";
import type { Chapter } from "../guarantee.ts";
import { append, collected, create, numbered, refusal, stored } from "../samples.ts";

async function taken(engine: StorageEngine, id: SessionId): Promise<Snapshot> {
  const snapshot = await snapshotOf(engine, id);
  assert.ok(snapshot, `session ${id} is not there`);
  return snapshot;
}

async function messagesOf(snapshot: Snapshot): Promise<Message[]> {
  return (await collected(snapshot.messages())).map(({ message }) => message);
}

/** An engine may refuse what is gone, one without snapshots a session in the trash too; none gives something else. */
async function givesOrRefuses(
  engine: StorageEngine,
  snapshot: Snapshot,
  expected: Message[],
  isGone: boolean,
): Promise<void> {
  const messages = await messagesOf(snapshot).catch((error: unknown) => {
    const { code = "" } = error as { code?: string };
    if (engine.snapshot === undefined) assert.match(code, /^(CONFLICT|SESSION_NOT_FOUND|INVALID_ARGUMENT)$/);
    else assert.deepEqual([code, isGone], ["SESSION_NOT_FOUND", true], String(error));
    return expected;
  });
  assert.deepEqual(messages, expected);
}

export const snapshot: Chapter = {
  title: "snapshot",
  guarantees(guarantee) {
    guarantee("it has the head, the revision and the messages of the session", async (engine) => {
      const { id } = await create(engine, numbered(3), { title: "T" });
      const session = await stored(engine, id);
      const read = await taken(engine, id);
      const { head, revision, tag, updatedAt, messageCount } = read;
      const expected = { head: session.head, revision: 1, tag: session.tag, updatedAt: session.updatedAt };
      assert.deepEqual({ head, revision, tag, updatedAt }, expected);
      assert.equal(messageCount, 3);
      assert.deepEqual(await messagesOf(read), numbered(3));
      const range = await collected(read.messages({ from: 1, limit: 5, reverse: true }));
      assert.deepEqual(
        range.map(({ position }) => position),
        [2, 1],
      );
      read.close();
    });

    guarantee("of a session that is not there there is none", async (engine) => {
      assert.equal(await snapshotOf(engine, newSessionId()), undefined);
      const { id } = await create(engine, numbered(1));
      await engine.remove(id);
      assert.equal(await snapshotOf(engine, id), undefined);
    });

    guarantee("it stays as it is while the session goes on", async (engine) => {
      const { id } = await create(engine, numbered(5), { title: "before" });
      const read = await taken(engine, id);
      await append(engine, id, numbered(1, 100));
      assert.deepEqual(await messagesOf(read), numbered(5));
      await engine.commit(id, { base: 2, splice: [0, 4, numbered(1, 200)], set: { title: "after" } });
      await engine.checkpoint(id);
      assert.deepEqual(await messagesOf(read), numbered(5));
      assert.deepEqual([read.head.title, read.revision, read.messageCount], ["before", 1, 5]);
      read.close();
    });

    guarantee("also between two steps of its iterations", async (engine) => {
      const { id } = await create(engine, numbered(600));
      const read = await taken(engine, id);
      const messages: Message[] = [];
      for await (const { position, message } of read.messages()) {
        messages.push(message);
        if (position === 0) await engine.commit(id, { base: 1, splice: [0, 500, []] });
        if (position === 300) await append(engine, id, numbered(1));
      }
      assert.deepEqual(messages, numbered(600));
      assert.deepEqual(await messagesOf(read), numbered(600));
      read.close();
    });

    guarantee("a session that is removed for good, and a new life, do not mix with it", async (engine) => {
      const { id } = await create(engine, numbered(3), { title: "first" });
      const read = await taken(engine, id);
      await engine.remove(id);
      await givesOrRefuses(engine, read, numbered(3), true);
      await create(engine, numbered(3, 100), { title: "second" }, id);
      await givesOrRefuses(engine, read, numbered(3), true);
      assert.equal(read.head.title, "first");
      const second = await taken(engine, id);
      assert.deepEqual([second.head.title, await messagesOf(second)], ["second", numbered(3, 100)]);
      read.close();
      second.close();
    });

    guarantee("a session that moves to the trash stays readable, or is refused", async (engine) => {
      if (!engine.capabilities.trash) return;
      const { id } = await create(engine, numbered(3));
      const read = await taken(engine, id);
      await engine.remove(id, { trash: true });
      await givesOrRefuses(engine, read, numbered(3), false);
      read.close();
    });

    guarantee("many are open at once, and closing one closes no other", async (engine) => {
      const { id } = await create(engine, numbered(1));
      const reads: Snapshot[] = [];
      for (let n = 1; n <= 12; n++) {
        reads.push(await taken(engine, id));
        await append(engine, id, numbered(1, n + 1));
      }
      for (const [index, read] of reads.entries()) {
        assert.deepEqual(await messagesOf(read), numbered(index + 1));
        read.close();
        read.close();
      }
    });

    guarantee("once closed, it and its engine, it rejects", async (engine) => {
      if (engine.snapshot === undefined) return;
      const { id } = await create(engine, numbered(500));
      const closed = await taken(engine, id);
      closed.close();
      await assert.rejects(messagesOf(closed), SessionStoreError);
      const open = await taken(engine, id);
      const messages = open.messages()[Symbol.asyncIterator]();
      await messages.next();
      await engine.close();
      await refusal(messages.next(), "STORE_CLOSED");
      await refusal(messagesOf(open), "STORE_CLOSED");
      open.close();
    });
  },
};
