import assert from "node:assert/strict";
import type { StorageEngine } from "../../engine/contract.ts";
import { AgentSession } from "../../session/agent-session.ts";
import { isArchived, isPinned } from "../../session/summary/marks.ts";
import { Message } from "../../session/message.ts";
import { SessionStore } from "../../store/session-store.ts";
import type { Chapter } from "../guarantee.ts";
import { nextMillisecond, numbered, refusal } from "../samples.ts";

async function conversation(store: SessionStore): Promise<AgentSession> {
  const session = new AgentSession({ metadata: { title: "Plans" } });
  session.addMessage(Message.user("first"));
  session.addMessage(Message.toolCalls([{ id: "c1", name: "read", arguments: {} }]));
  session.addMessage(Message.toolResult({ callId: "c1", content: "found" }));
  session.addMessage(Message.assistant("done"));
  session.addMessage(Message.user("second"));
  session.addMessage(Message.assistant("done again"));
  await store.save(session);
  return session;
}

async function loaded(store: SessionStore, id: string): Promise<AgentSession> {
  const session = await store.load(id);
  assert.ok(session);
  return session;
}

function textsOf(messages: readonly Message[]): unknown[] {
  return messages.map(({ content }) => content);
}

async function contents(store: SessionStore, id: string): Promise<unknown[]> {
  return (await loaded(store, id)).messages.map(({ content }) => content);
}

/** A store on an engine that somebody else closes. */
function on(engine: StorageEngine): SessionStore {
  return new SessionStore(engine);
}

export const operations: Chapter = {
  title: "what is done to a session as a whole",
  guarantees(guarantee) {
    guarantee("going back keeps what it leaves; undone, and undone again", async (engine) => {
      const store = on(engine);
      const { id } = await conversation(store);
      const before = await contents(store, id);
      await store.rewind(id, { position: 4 });
      assert.deepEqual(await contents(store, id), before.slice(0, 4));
      assert.equal((await store.summary(id))?.title, "Plans");
      assert.equal(await store.undo(id), "rewind");
      assert.deepEqual(await contents(store, id), before);
      assert.equal(await store.undo(id), undefined);

      await store.rewind(id, { position: 4 });
      await store.append(id, [Message.user("another way")]);
      assert.equal(await store.undo(id), "rewind");
      assert.deepEqual(await contents(store, id), before);
      assert.equal(await store.undo(id), "rewind");
      assert.deepEqual(await contents(store, id), [...before.slice(0, 4), "another way"]);
    });

    guarantee("going back to a revision, and to where the session is already", async (engine) => {
      const store = on(engine);
      const { id } = await conversation(store);
      const before = await contents(store, id);
      await store.append(id, numbered(3));
      await store.rewind(id, { revision: 1 });
      assert.deepEqual(await contents(store, id), before);
      assert.equal(await store.rewind(id, { position: 6 }), undefined);
      assert.equal(await store.rewind(id, { revision: 1 }), undefined);
      for (const to of [{ position: 7 }, { position: -1 }, { position: 0.5 }, { revision: 99 }])
        await assert.rejects(store.rewind(id, to), { code: "INVALID_ARGUMENT" });
    });

    guarantee("the token count follows", async (engine) => {
      const store = on(engine);
      const { id, tokenCount } = await conversation(store);
      await store.rewind(id, { position: 1 });
      const shorter = await loaded(store, id);
      assert.ok(shorter.tokenCount > 0 && shorter.tokenCount < tokenCount);
      await store.undo(id);
      assert.equal((await loaded(store, id)).tokenCount, tokenCount);
    });

    guarantee("a summary changes what a model is sent, not what was said", async (engine) => {
      const store = on(engine);
      const { id } = await conversation(store);
      const before = await contents(store, id);
      const asked: number[] = [];
      // Two messages from the end there is a seam, three from the end another; between a call and its result none.
      await store.compact(id, {
        keepRecent: 2,
        summary: (messages) => `of ${asked.push(messages.length) && messages.length}`,
      });
      assert.deepEqual(asked, [4]);
      assert.deepEqual(await contents(store, id), before);
      const context = (await loaded(store, id)).context();
      assert.deepEqual(
        context.map(({ role }) => role),
        ["system", "user", "assistant"],
      );
      assert.match(JSON.stringify(context[0]), /of 4/);
      assert.equal(await store.compact(id, { keepRecent: 2, summary: "nothing new" }), undefined);

      await store.append(id, numbered(4));
      await store.compact(id, { keepRecent: 0, summary: "all" });
      assert.equal((await loaded(store, id)).context().length, 1);
      assert.equal(await store.undo(id), "compact");
      assert.match(JSON.stringify((await loaded(store, id)).context()[0]), /of 4/);
      assert.equal(await store.undo(id), "compact");
      assert.equal((await loaded(store, id)).context().length, before.length + 4);
    });

    guarantee("an agent's own summary comes first in what a later one stands for", async (engine) => {
      const summary = { role: "user", content: "theirs", meta: true, compaction: { keeps: 1 } } as const;
      const messages = [...numbered(2), Message.from(summary), ...numbered(4, 3)];
      const store = on(engine);
      const { id } = new AgentSession({ messages });
      await store.save(new AgentSession({ id, messages }));
      const sent = async (): Promise<unknown> => textsOf((await loaded(store, id)).context());
      assert.deepEqual(await sent(), ["theirs", ...[2, 3, 4, 5, 6].map((n) => `message ${n}`)]);
      let covered: unknown;
      await store.compact(id, {
        keepRecent: 1,
        summary: (some) => {
          covered = textsOf(some);
          return "ours";
        },
      });
      assert.deepEqual(covered, ["theirs", ...[2, 3, 4, 5].map((n) => `message ${n}`)]);
      assert.deepEqual(await sent(), ["Summary of the conversation so far:\n\nours", "message 6"]);
      assert.equal(await store.undo(id), "compact");
      assert.equal(
        await store.compact(id, { keepRecent: 5, summary: "of what theirs stands for" }),
        undefined,
      );
    });

    guarantee("a call and its result are not parted by a summary", async (engine) => {
      const store = on(engine);
      const { id } = await conversation(store);
      await store.compact(id, { keepRecent: 4, summary: "short" });
      const roles = (await loaded(store, id)).context().map(({ role }) => role);
      assert.deepEqual(roles, ["system", "assistant", "tool", "assistant", "user", "assistant"]);
    });

    guarantee("whoever goes back behind a summary is sent none of it", async (engine) => {
      const store = on(engine);
      const { id } = await conversation(store);
      await store.compact(id, { keepRecent: 2, summary: "short" });
      await store.rewind(id, { position: 1 });
      assert.deepEqual(
        (await loaded(store, id)).context().map(({ content }) => content),
        ["first"],
      );
    });

    guarantee("renamed, tagged, pinned, archived, beside somebody who writes", async (engine) => {
      const store = on(engine);
      const session = await conversation(store);
      const { id } = session;
      const append = async (): Promise<void> => {
        for (let round = 0; round < 5; round++) await store.append(id, numbered(1, round));
      };
      const organize = async (): Promise<void> => {
        await store.organize(id, { title: "New", addTags: ["a", "b", "a"], pinned: true });
        await store.organize(id, { removeTags: ["a"], addTags: ["c"], archived: true });
      };
      await Promise.all([append(), organize()]);
      const summary = await store.summary(id);
      assert.equal(summary?.title, "New");
      assert.deepEqual(summary?.tags, ["b", "c"]);
      assert.deepEqual(Object.keys(summary?.custom ?? {}).sort(), ["archived", "pinned"]);
      assert.equal(summary?.messageCount, 11);
      assert.equal(await store.organize(id, { title: "New", pinned: true }), undefined);
      await store.organize(id, { title: null, pinned: false, archived: false });
      assert.deepEqual((await store.summary(id))?.custom, {});
      await assert.rejects(store.organize(id, { addTags: [" "] }), { code: "INVALID_ARGUMENT" });
    });

    guarantee("putting a session in order leaves its time, and its place in the list", async (engine) => {
      const store = on(engine);
      const { id } = await conversation(store);
      await nextMillisecond();
      const { id: newer } = await conversation(store);
      const before = await store.summary(id);
      assert.ok(before);
      await nextMillisecond();
      const changes = [{ title: "New" }, { addTags: ["a"] }, { pinned: true }, { archived: true }];
      for (const change of [...changes, { title: null, removeTags: ["a"], pinned: false, archived: false }]) {
        const committed = await store.organize(id, change);
        assert.equal(committed?.at, before.updatedAt);
        const after = await store.summary(id);
        assert.equal(after?.updatedAt, before.updatedAt);
        assert.ok(after.revision > before.revision);
        assert.deepEqual(await store.list(), [newer, id]);
      }
      await store.append(id, numbered(1));
      assert.deepEqual(await store.list(), [id, newer]);
    });

    guarantee(
      "an append of nothing stores nothing, and is refused where another would be",
      async (engine) => {
        const store = on(engine);
        const { id } = await conversation(store);
        const before = await store.append(id, numbered(1));
        assert.equal(before.unchanged, false);
        assert.deepEqual(await store.append(id, []), { ...before, unchanged: true });
        assert.equal((await store.append(id, [], { expectedRevision: 2 })).revision, 2);
        await refusal(store.append(id, [], { expectedRevision: 1 }), "CONFLICT");
        const lease = await store.lease(id, { by: "one" });
        assert.equal((await store.append(id, [], { lease })).unchanged, true);
        await nextMillisecond();
        const owner = await store.lease(id, { by: "two", takeOver: true });
        await refusal(store.append(id, [], { lease }), "LEASE_LOST");
        await owner.release();
        await refusal(store.append(id, [], { lease: owner }), "LEASE_LOST");
        assert.equal((await store.summary(id))?.revision, 2);
        await refusal(store.append(new AgentSession().id, []), "SESSION_NOT_FOUND");
      },
    );

    guarantee(
      "calls without a result and results without a call are told by their places",
      async (engine) => {
        const store = on(engine);
        const { id } = await conversation(store);
        assert.deepEqual(await store.unpaired(id), []);
        await store.append(id, [
          Message.toolResult({ callId: "other", content: "late" }),
          Message.from({ role: "note:x", content: [{ type: "tool_use", id: "n", name: "note", input: {} }] }),
          Message.toolCalls([{ id: "c2", name: "write", arguments: {} }]),
        ]);
        assert.deepEqual(await store.unpaired(id), [
          { kind: "result", position: 6, callId: "other", name: undefined },
          { kind: "call", position: 8, callId: "c2", name: "write" },
        ]);
      },
    );

    guarantee(
      "what is archived is not the most recent session, and a fork is neither archived nor pinned",
      async (engine) => {
        const store = on(engine);
        const { id: older } = await conversation(store);
        await nextMillisecond();
        const { id } = await conversation(store);
        await store.organize(id, { archived: true, pinned: true });
        assert.equal((await store.mostRecent())?.id, older);
        assert.equal((await store.mostRecent({ archived: true }))?.id, id);
        const fork = await store.summary((await store.fork(id)).id);
        assert.ok(fork);
        assert.deepEqual([isArchived(fork), isPinned(fork)], [false, false]);
      },
    );

    guarantee("of a session that is not there, all say so", async (engine) => {
      const store = on(engine);
      const { id } = new AgentSession();
      const calls = [
        () => store.rewind(id, { position: 0 }),
        () => store.undo(id),
        () => store.unpaired(id),
        () => store.compact(id, { summary: "s" }),
        () => store.organize(id, { title: "t" }),
      ];
      for (const call of calls) await assert.rejects(call(), { code: "SESSION_NOT_FOUND" });
    });
  },
};
