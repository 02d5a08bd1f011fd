import assert from "node:assert/strict";
import { Message } from "../../session/message.ts";
import { newSessionId } from "../../session/session-id.ts";
import type { SessionLease } from "../../store/session-lease.ts";
import { SessionStore } from "../../store/session-store.ts";
import type { Chapter } from "../guarantee.ts";
import {
  contents,
  create,
  nextMillisecond,
  leavesUntouched,
  numbered,
  refusal,
  stored,
  summarised,
} from "../samples.ts";

/** What is done to a session as a whole, under a lease. Each changes the session, in this order. */
const VERBS: readonly (readonly [
  name: string,
  run: (store: SessionStore, id: string, lease: SessionLease | undefined) => Promise<unknown>,
])[] = [
  ["rename", (store, id, lease) => store.organize(id, { title: "Renamed" }, { lease })],
  ["tag", (store, id, lease) => store.organize(id, { addTags: ["tag"] }, { lease })],
  ["pin", (store, id, lease) => store.organize(id, { pinned: true }, { lease })],
  ["archive", (store, id, lease) => store.organize(id, { archived: true }, { lease })],
  ["compact", (store, id, lease) => store.compact(id, { summary: "short", keepRecent: 1, lease })],
  ["undo of that", (store, id, lease) => store.undo(id, { lease })],
  ["rewind", (store, id, lease) => store.rewind(id, { position: 2 }, { lease })],
  ["undo", (store, id, lease) => store.undo(id, { lease })],
];

export const leasedOperations: Chapter = {
  title: "leases and what is done to a session as a whole",
  guarantees(guarantee) {
    for (const [name, run] of VERBS) {
      const before = VERBS.slice(
        0,
        VERBS.findIndex(([other]) => other === name),
      );
      guarantee(`${name}: whoever lost the lease changes nothing, its owner does`, async (engine) => {
        const store = new SessionStore(engine);
        const { id } = await create(engine, numbered(4));
        for (const [, earlier] of before) await earlier(store, id, undefined);
        const former = await store.lease(id, { by: "alice" });
        const owner = await store.lease(id, { by: "bob", takeOver: true });
        await leavesUntouched(engine, id, async () => {
          await refusal(run(store, id, former), "LEASE_LOST");
        });
        const { revision } = await summarised(engine, id);
        await run(store, id, owner);
        assert.equal((await summarised(engine, id)).revision, revision + 1);
        // Where nothing is left to be done, nothing is stored, and a lost lease is told all the same.
        if (name.startsWith("undo")) return;
        await refusal(run(store, id, former), "LEASE_LOST");
        assert.equal(await run(store, id, owner), undefined);
        await owner.release();
        await refusal(run(store, id, owner), "LEASE_LOST");
      });

      guarantee(`${name}: whoever has no lease goes on as before`, async (engine) => {
        const store = new SessionStore(engine);
        const { id } = await create(engine, numbered(4));
        for (const [, earlier] of before) await earlier(store, id, undefined);
        await using _ = await store.lease(id, { by: "alice" });
        const { revision } = await summarised(engine, id);
        await run(store, id, undefined);
        assert.equal((await summarised(engine, id)).revision, revision + 1);
      });
    }

    guarantee("relink: whoever has no lease goes on as before", async (engine) => {
      const store = new SessionStore(engine);
      const { id } = await create(engine, numbered(1), { workspacePath: "/gone/before" });
      await using lease = await store.lease(id, { by: "alice" });
      assert.equal((await store.relink("/gone/before", "/gone/behind")).length, 1);
      assert.equal((await summarised(engine, id)).workspacePath, "/gone/behind");
      await store.append(id, [Message.user("under it")], { lease });
    });

    guarantee(
      "delete and restore: whoever has no lease goes on as before, and the id stays its holder's",
      async (engine) => {
        const store = new SessionStore(engine);
        const { id } = await create(engine, numbered(1));
        const session = await store.load(id);
        assert.ok(session);
        await using lease = await store.lease(id, { by: "alice" });
        const isHeld = async (): Promise<void> => {
          await refusal(store.lease(id, { by: "bob" }), "SESSION_HELD");
        };
        if (engine.capabilities.trash) {
          assert.equal(await store.delete(id, { trash: true }), true);
          await isHeld();
          await refusal(store.append(id, numbered(1), { lease }), "SESSION_NOT_FOUND");
          assert.equal(await store.restore(id), true);
          assert.equal((await summarised(engine, id)).held?.by, "alice");
          await store.append(id, [Message.user("under it")], { lease });
        }
        assert.equal(await store.delete(id), true);
        await isHeld();
        session.addMessage(Message.user("late"));
        await refusal(store.save(session, { lease }), "CONFLICT");
        // What begins anew under the id begins under the lease.
        await engine.commit(id, { base: 0, lease: lease.token, splice: [0, 0, numbered(1)] });
        assert.equal((await summarised(engine, id)).held?.by, "alice");
      },
    );

    guarantee(
      "what rewrites a session or takes away of it passes by one that somebody else holds",
      async (engine) => {
        const store = new SessionStore(engine);
        const { id } = await create(engine, numbered(2));
        await store.append(id, numbered(1));
        await using lease = await store.lease(id, { by: "alice" });
        await nextMillisecond();
        await leavesUntouched(engine, id, async () => {
          await refusal(store.redact(id, { also: ["message"] }), "SESSION_HELD");
          const { spared } = await store.vacuum({ history: { olderThanDays: 0 } });
          assert.deepEqual(
            spared.map(({ id: one, because }) => [one, because]),
            [[id, "held"]],
          );
          const { sessions, kept } = await store.cleanup({ olderThanDays: 0 });
          assert.deepEqual([sessions.length, kept.map(({ because }) => because)], [0, ["held"]]);
          if (engine.pack !== undefined) assert.equal((await store.pack(id)).state, "held");
        });
        await lease.release();
        assert.equal((await store.redact(id, { also: ["message"] })).isChanged, true);
      },
    );

    guarantee("a lease of another session is refused as such", async (engine) => {
      const store = new SessionStore(engine);
      const { id } = await create(engine, numbered(4));
      const other = await store.lease(newSessionId(), { by: "alice" });
      await leavesUntouched(engine, id, async () => {
        for (const [, run] of VERBS) await refusal(run(store, id, other), "INVALID_ARGUMENT");
      });
    });

    guarantee("whoever lost the lease is told before a summary is made", async (engine) => {
      const store = new SessionStore(engine);
      const { id } = await create(engine, numbered(4));
      const former = await store.lease(id, { by: "alice" });
      await store.lease(id, { by: "bob", takeOver: true });
      let asked = 0;
      const summary = (): string => `summary ${++asked}`;
      await refusal(store.compact(id, { summary, keepRecent: 1, lease: former }), "LEASE_LOST");
      assert.equal(asked, 0);
    });

    guarantee("a lease that is lost while a summary is made keeps it from being stored", async (engine) => {
      const store = new SessionStore(engine);
      const { id } = await create(engine, numbered(4));
      const lease = await store.lease(id, { by: "alice" });
      const summary = async (): Promise<string> => {
        await store.lease(id, { by: "bob", takeOver: true });
        return "late";
      };
      const before = await stored(engine, id);
      await refusal(store.compact(id, { summary, keepRecent: 1, lease }), "LEASE_LOST");
      assert.deepEqual(await stored(engine, id), before);
    });

    guarantee("a fork writes nothing to the session that it is of, whoever holds that", async (engine) => {
      const store = new SessionStore(engine);
      const { id } = await create(engine, numbered(2));
      await using lease = await store.lease(id, { by: "alice" });
      await leavesUntouched(engine, id, async () => {
        const fork = await store.fork(id);
        await store.append(fork.id, [Message.user("further")]);
      });
      await store.append(id, [Message.user("under it")], { lease });
      assert.deepEqual(contents((await stored(engine, id)).messages), ["message 1", "message 2", "under it"]);
    });
  },
};
