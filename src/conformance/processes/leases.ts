import assert from "node:assert/strict";
import type { StorageEngine } from "../../engine/contract.ts";
import type { EngineLease } from "../../engine/lease.ts";
import { AgentSession } from "../../session/agent-session.ts";
import { LeaseHeldError, LeaseLostError } from "../../session/errors/lease-errors.ts";
import { Message } from "../../session/message.ts";
import { newSessionId, type SessionId } from "../../session/session-id.ts";
import { SessionStore } from "../../store/session-store.ts";
import { reopen, type Chapter } from "../guarantee.ts";
import {
  append,
  contents,
  create,
  leavesUntouched,
  numbered,
  refusal,
  stored,
  summarised,
} from "../samples.ts";

const text = (content: string): Message[] => [Message.user(content)];

/** The error of a lease that was asked for, and is another's. */
async function heldError(asked: Promise<unknown>): Promise<LeaseHeldError> {
  const error = await refusal(asked, "SESSION_HELD");
  assert.ok(error instanceof LeaseHeldError);
  return error;
}

async function lostError(write: Promise<unknown>): Promise<LeaseLostError> {
  const error = await refusal(write, "LEASE_LOST");
  assert.ok(error instanceof LeaseLostError);
  assert.equal(error.outcome, "not-stored");
  return error;
}

/** Who holds the session, as its summary and as the list has it: these say the same. */
async function shownHolder(engine: StorageEngine, id: SessionId): Promise<unknown> {
  const { held } = await summarised(engine, id);
  const listed = (await engine.list({})).sessions.find((session) => session.id === id);
  assert.deepEqual(listed?.held, held);
  return held;
}

const holderOf = ({ by, since }: EngineLease): object => ({ by, since });

export const leases: Chapter = {
  title: "leases",
  guarantees(guarantee, { capabilities }) {
    guarantee("one holds a session; another learns at once who does, since when", async (engine) => {
      const { id } = await create(engine);
      const lease = await engine.lease(id, { by: "alice" });
      const error = await heldError(engine.lease(id, { by: "bob" }));
      assert.deepEqual([error.sessionId, error.by, error.since], [id, "alice", lease.since]);
      assert.match(error.message, /"alice"/);
      assert.ok(error.message.includes(lease.since) && error.message.includes(id), error.message);
      // A lease is its taker's, not its name's.
      await heldError(engine.lease(id, { by: "alice" }));
      const { id: other } = await create(engine);
      await engine.lease(other, { by: "bob" });
    });

    guarantee("of many that ask at once, one gets it", async (engine) => {
      const { id } = await create(engine);
      const asked = await Promise.allSettled(
        Array.from({ length: 8 }, (_, index) => engine.lease(id, { by: `agent ${index}` })),
      );
      const got = asked.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
      assert.equal(got.length, 1);
      for (const one of asked)
        if (one.status === "rejected") assert.equal((one.reason as LeaseHeldError).by, got[0]?.by);
    });

    guarantee("released it is free, and releasing it again changes nothing", async (engine) => {
      const { id } = await create(engine);
      const first = await engine.lease(id, { by: "alice" });
      await Promise.all([first.release(), first.release()]);
      const second = await engine.lease(id, { by: "bob" });
      await first.release();
      assert.equal((await heldError(engine.lease(id, { by: "carol" }))).by, "bob");
      await append(engine, id, text("mine"), { lease: second.token });
    });

    guarantee("writes under it are stored, and so are those of others without one", async (engine) => {
      const { id } = await create(engine);
      const { token: lease } = await engine.lease(id, { by: "alice" });
      await append(engine, id, text("under it"), { lease });
      await append(engine, id, text("without"));
      const { revision: base, tag: baseTag } = await stored(engine, id);
      await engine.commit(id, {
        base,
        baseTag,
        splice: [0, 1, text("replaced")],
        set: { title: "T" },
        lease,
      });
      const { messages, head } = await stored(engine, id);
      assert.deepEqual(contents(messages), ["replaced", "without"]);
      assert.equal(head.title, "T");
    });

    guarantee("taken over, the former owner's next write is refused, and says who has it", async (engine) => {
      const { id } = await create(engine, numbered(1));
      const former = await engine.lease(id, { by: "alice" });
      const owner = await engine.lease(id, { by: "bob", takeOver: true });
      await leavesUntouched(engine, id, async () => {
        const error = await lostError(append(engine, id, text("late"), { lease: former.token }));
        assert.deepEqual(error.holder, holderOf(owner));
        assert.match(error.message, /"bob"/);
        const { revision: base, tag: baseTag } = await stored(engine, id);
        await lostError(engine.commit(id, { base, baseTag, splice: [0, 1, []], lease: former.token }));
        await lostError(engine.commit(id, { base, baseTag, set: { title: "late" }, lease: former.token }));
      });
      await append(engine, id, text("bob's"), { lease: owner.token });
      // That the session has moved on since is not what matters to the former owner.
      await lostError(engine.commit(id, { base: 1, splice: ["end", 0, text("late")], lease: former.token }));
      await former.release();
      await append(engine, id, text("still bob's"), { lease: owner.token });
      assert.equal((await heldError(engine.lease(id, { by: "carol" }))).by, "bob");
    });

    guarantee("what is free can be taken over too, and again by the same", async (engine) => {
      const { id } = await create(engine);
      const first = await engine.lease(id, { by: "alice", takeOver: true });
      const second = await engine.lease(id, { by: "alice", takeOver: true });
      await lostError(append(engine, id, text("late"), { lease: first.token }));
      await append(engine, id, text("in time"), { lease: second.token });
    });

    guarantee("a write under a lease that was released, or is none, is refused", async (engine) => {
      const { id } = await create(engine);
      const lease = await engine.lease(id, { by: "alice" });
      const { id: other } = await create(engine);
      await lostError(append(engine, other, text("elsewhere"), { lease: lease.token }));
      await lease.release();
      await leavesUntouched(engine, id, async () => {
        const error = await lostError(append(engine, id, text("late"), { lease: lease.token }));
        assert.equal(error.holder, undefined);
        await lostError(append(engine, id, text("none"), { lease: "no such lease" }));
      });
    });

    guarantee("a summary and the list say who holds a session", async (engine) => {
      const { id } = await create(engine);
      const { id: other } = await create(engine);
      assert.equal(await shownHolder(engine, id), null);
      const first = await engine.lease(id, { by: "alice \u{1F98A}\n\0" });
      assert.deepEqual(await shownHolder(engine, id), holderOf(first));
      assert.equal(await shownHolder(engine, other), null);
      const second = await engine.lease(id, { by: "bob", takeOver: true });
      assert.deepEqual(await shownHolder(engine, id), holderOf(second));
      await second.release();
      assert.equal(await shownHolder(engine, id), null);
    });

    guarantee("a session can be held before it is there, and created under the lease", async (engine) => {
      const id = newSessionId();
      const former = await engine.lease(id, { by: "alice" });
      const { token: lease } = await engine.lease(id, { by: "bob", takeOver: true });
      const first = { base: 0, splice: ["end", 0, text("first")] } as const;
      await lostError(engine.commit(id, { ...first, lease: former.token }));
      assert.equal(await engine.read(id), undefined);
      await engine.commit(id, { ...first, lease });
      assert.deepEqual(contents((await stored(engine, id)).messages), ["first"]);
      await engine.remove(id);
      await heldError(engine.lease(id, { by: "carol" }));
    });

    guarantee(
      "an operation that was stored under a lease is known when the lease is lost",
      async (engine) => {
        const { id } = await create(engine);
        const { token } = await engine.lease(id, { by: "alice" });
        const more = { operationId: "operation 1", lease: token };
        const { revision } = await append(engine, id, text("once"), more);
        await engine.lease(id, { by: "bob", takeOver: true });
        const again = await append(engine, id, text("once"), more);
        assert.deepEqual([again.repeated, again.revision], [true, revision]);
        await lostError(append(engine, id, text("new"), { ...more, operationId: "operation 2" }));
      },
    );

    guarantee("whoever has no name holds nothing", async (engine) => {
      const id = newSessionId();
      await refusal(engine.lease(id, { by: " " }), "INVALID_ARGUMENT");
      await refusal(engine.lease(id, { by: "x".repeat(201) }), "INVALID_ARGUMENT");
      await engine.lease(id, { by: "x".repeat(200) });
    });

    guarantee(
      "a session object is saved, and added to, under a lease of its own session only",
      async (engine) => {
        const store = new SessionStore(engine);
        const session = new AgentSession();
        const { id } = session;
        const lease = await store.lease(id, { by: "alice" });
        session.addMessage(Message.user("saved"));
        await store.save(session, { lease });
        await store.append(id, text("added"), { lease });
        const another = await store.lease(newSessionId(), { by: "alice" });
        await refusal(store.append(id, text("wrong"), { lease: another }), "INVALID_ARGUMENT");
        await using owner = await store.lease(id, { by: "bob", takeOver: true });
        const loaded = await store.load(id);
        assert.ok(loaded);
        loaded.addMessage(Message.user("bob's"));
        await lostError(store.save(loaded, { lease }));
        await store.save(loaded, { lease: owner });
        await lostError(store.append(id, text("late"), { lease }));
        await store.commit(id, { set: { title: "T" }, lease: owner.token });
        assert.deepEqual(contents(loaded.messages), ["saved", "added", "bob's"]);
        await owner.release();
        assert.equal((await store.summary(id))?.held, null);
      },
    );

    guarantee(
      "writes that are under way when a lease is taken over are stored before, or not at all",
      async (engine) => {
        const { id } = await create(engine);
        for (let round = 0; round < 20; round++) {
          const { token } = await engine.lease(id, { by: "alice", takeOver: true });
          const writes = Array.from({ length: 4 }, (_, index) =>
            append(engine, id, text(`former ${round} ${index}`), { lease: token }),
          );
          const settled = Promise.allSettled(writes);
          const owner = await engine.lease(id, { by: "bob", takeOver: true });
          const { revision } = await append(engine, id, text("owner"), { lease: owner.token });
          for (const write of await settled) {
            if (write.status === "fulfilled") assert.ok(write.value.revision < revision);
            else assert.ok(write.reason instanceof LeaseLostError, String(write.reason));
          }
        }
      },
    );

    if (capabilities.persistent)
      guarantee("an engine that is closed gives back what it holds", async (engine, opened) => {
        const { id } = await create(engine);
        const lease = await engine.lease(id, { by: "alice" });
        await engine.close();
        await lease.release();
        const again = await reopen(opened, engine);
        assert.equal(await shownHolder(again, id), null);
        await again.lease(id, { by: "bob" });
      });

    if (capabilities.multiProcess)
      guarantee("it holds against every other engine on the same place", async (engine, opened) => {
        const { id } = await create(engine);
        const other = await reopen(opened, engine);
        const lease = await engine.lease(id, { by: "alice" });
        assert.equal((await heldError(other.lease(id, { by: "bob" }))).since, lease.since);
        assert.deepEqual(await shownHolder(other, id), holderOf(lease));
        const owner = await other.lease(id, { by: "bob", takeOver: true });
        await lostError(append(engine, id, text("late"), { lease: lease.token }));
        // Whoever has the token writes under the lease, wherever.
        await append(engine, id, text("on behalf of bob"), { lease: owner.token });
        assert.deepEqual(await shownHolder(engine, id), holderOf(owner));
        await lease.release();
        assert.deepEqual(await shownHolder(engine, id), holderOf(owner));
        await owner.release();
        assert.equal(await shownHolder(engine, id), null);
      });
  },
};
