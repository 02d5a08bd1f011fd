import assert from "node:assert/strict";
import type { StorageEngine } from "../../engine/contract.ts";
import { newSessionId, type SessionId } from "../../session/session-id.ts";
import { reopen, type Chapter } from "../guarantee.ts";
import { append, collected, create, numbered, ranged, refusal, stored } from "../samples.ts";

/** Every verb, called. */
const verbs: Readonly<Record<string, (engine: StorageEngine, id: SessionId) => Promise<unknown>>> = {
  commit: (engine, id) => append(engine, id, numbered(1)),
  read: (engine, id) => engine.read(id),
  head: (engine, id) => engine.head?.(id) ?? engine.read(id),
  snapshot: (engine, id) => engine.snapshot?.(id) ?? engine.read(id),
  messages: (engine, id) => ranged(engine, id),
  sideItems: (engine, id) => collected(engine.sideItems(id, {})),
  commits: (engine, id) => collected(engine.commits(id, 0)),
  changes: (engine) => collected(engine.changes(new AbortController().signal)),
  search: (engine) => engine.search({ text: "message" }),
  summary: (engine, id) => engine.summary(id),
  list: (engine) => engine.list({}),
  workspacePlaces: (engine) => engine.workspacePlaces?.() ?? engine.list({}),
  remove: (engine, id) => engine.remove(id),
  trashed: (engine) => engine.trashed(),
  restore: (engine, id) => engine.restore(id),
  emptyTrash: (engine) => engine.emptyTrash(),
  checkpoint: (engine, id) => engine.checkpoint(id),
  verify: (engine, id) => engine.verify(id),
  repair: (engine, id) => engine.repair(id),
};

export const closing: Chapter = {
  title: "closing",
  guarantees(guarantee, { capabilities }) {
    guarantee("it may be called again, and on an engine that was never used", async (engine) => {
      await engine.close();
      await engine.close();
    });

    guarantee("a commit that is under way is finished", async (engine, opened) => {
      const { id } = await create(engine);
      const underWay = append(engine, id, numbered(1));
      await engine.close();
      assert.equal((await underWay).revision, 2);
      if (!capabilities.persistent) return;
      assert.deepEqual((await stored(await opened.reopen(), id)).messages, numbered(1));
    });

    for (const [verb, call] of Object.entries(verbs)) {
      guarantee(`after it, ${verb} rejects`, async (engine) => {
        const { id } = await create(engine, numbered(1));
        await engine.close();
        // A call that throws instead of rejecting fails here.
        const called = call(engine, id);
        await refusal(called, "STORE_CLOSED");
        await refusal(call(engine, newSessionId()), "STORE_CLOSED");
      });
    }

    guarantee("iterations of changes that are under way end", async (engine) => {
      await create(engine);
      const changes = engine.changes(new AbortController().signal)[Symbol.asyncIterator]();
      assert.equal((await changes.next()).done, false);
      const waiting = (async () => {
        for (;;) if ((await changes.next()).done === true) return "ended";
      })();
      await engine.close();
      assert.equal(await waiting, "ended");
    });

    guarantee("iterations of messages, side items and commits that are under way reject", async (engine) => {
      const { id } = await create(engine, numbered(500));
      await append(engine, id, numbered(1), { side: { steps: Array.from({ length: 500 }, (_, n) => n) } });
      const iterations: AsyncIterator<unknown>[] = [
        engine.messages(id, {})[Symbol.asyncIterator](),
        engine.messages(id, { reverse: true })[Symbol.asyncIterator](),
        engine.sideItems(id, {})[Symbol.asyncIterator](),
        engine.commits(id, 0)[Symbol.asyncIterator](),
      ];
      for (const iteration of iterations) assert.equal((await iteration.next()).done, false);
      await engine.close();
      for (const iteration of iterations) await refusal(iteration.next(), "STORE_CLOSED");
      for (const iteration of iterations) assert.equal((await iteration.next()).done, true);
    });

    guarantee("it does not wait for who reads nothing more", async (engine) => {
      const { id } = await create(engine, numbered(500));
      for await (const _ of engine.messages(id, {})) {
        await engine.close();
        break;
      }
    });

    if (!capabilities.persistent) return;
    guarantee("what a closed engine refused is not stored", async (engine, opened) => {
      const { id } = await create(engine, numbered(1));
      await engine.close();
      await refusal(append(engine, id, numbered(1, 2)), "STORE_CLOSED");
      assert.deepEqual((await stored(await reopen(opened, engine), id)).messages, numbered(1));
    });
  },
};
