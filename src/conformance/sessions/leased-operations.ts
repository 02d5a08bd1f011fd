import assert from "node:assert/strict";
import { Message } from "../../session/message.ts";
import { newSessionId } from "../../session/session-id.ts";
import type { SessionLease } from "../../store/session-lease.ts";
import { SessionStore } from "../../store/session-store.ts";
import type { Chapter } from "../guarantee.ts";
import { contents, create, leavesUntouched, numbered, refusal, stored, summarised } from "../samples.ts";

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
