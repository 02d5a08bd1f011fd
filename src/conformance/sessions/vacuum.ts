import assert from "node:assert/strict";
import type { StorageEngine } from "../../engine/contract.ts";
import { newSessionId, type SessionId } from "../../session/session-id.ts";
import type { VacuumReport } from "../../operations/vacuum.ts";
import { SessionStore } from "../../store/session-store.ts";
import type { Chapter } from "../guarantee.ts";
import { append, collected, create, leavesUntouched, numbered, refusal } from "../samples.ts";

/** A session of three revisions, of now. */
async function three(engine: StorageEngine, title = "T"): Promise<SessionId> {
  const { id } = await create(engine, numbered(1), { title });
  await append(engine, id, numbered(1, 2));
  await append(engine, id, numbered(1, 3));
  return id;
}

async function revisions(engine: StorageEngine, id: SessionId): Promise<number[]> {
  return (await collected(engine.commits(id, 0))).map(({ revision }) => revision);
}

const ids = (all: readonly { readonly id: string }[]): Set<string> => new Set(all.map(({ id }) => id));

const ALL = { history: { olderThanDays: 0 } } as const;

/** What was done before is before this moment. */
async function aMomentLater(): Promise<void> {
  const now = Date.now();
  while (Date.now() <= now) await new Promise(setImmediate);
}

export const vacuuming: Chapter = {
  title: "vacuum",
  guarantees(register) {
    const guarantee = (
      title: string,
      body: (engine: StorageEngine, store: SessionStore) => Promise<void>,
    ): void => register(title, (engine) => body(engine, new SessionStore(engine)));

    guarantee("touches nothing that is not named", async (engine, store) => {
      const id = await three(engine);
      const trashed = await three(engine);
      await engine.remove(trashed, { trash: true });
      const nothing: VacuumReport = { sessions: [], spared: [], trash: [], bytes: 0 };
      await leavesUntouched(engine, id, async () => {
        assert.deepEqual(await store.vacuum({}), nothing);
        assert.deepEqual(
          await store.vacuum({ history: { olderThanDays: 1 }, trash: { olderThanDays: 1 } }),
          nothing,
        );
      });
      assert.deepEqual(await revisions(engine, id), [1, 2, 3]);
      assert.equal((await engine.trashed()).length, 1);
    });

    guarantee("a dry run says just what would go", async (engine, store) => {
      const [one, other] = [await three(engine), await three(engine)];
      const trashed = await three(engine);
      await engine.remove(trashed, { trash: true });
      // One in the background would be noted between the two, which takes bytes.
      for (const id of [one, other]) await engine.checkpoint(id);
      await aMomentLater();
      const dry = await store.vacuum({ ...ALL, trash: true, dryRun: true });
      assert.deepEqual(await revisions(engine, one), [1, 2, 3]);
      assert.equal((await engine.trashed()).length, 1);
      const told: string[] = [];
      const done = await store.vacuum({ ...ALL, trash: true, onSession: ({ id }) => told.push(id) });
      assert.deepEqual(done, dry);
      assert.deepEqual(ids(done.sessions), new Set([one, other]));
      assert.deepEqual(new Set(told), new Set([one, other]));
      assert.deepEqual(ids(done.trash), new Set([trashed]));
      assert.deepEqual(await revisions(engine, one), [3]);
      assert.deepEqual(await engine.trashed(), []);
      assert.deepEqual((await store.vacuum({ ...ALL, trash: true })).sessions, []);
    });

    guarantee(
      "a life of the same id that was removed for good does not hold it up",
      async (engine, store) => {
        for (const together of [false, true]) {
          const id = await three(engine);
          await engine.remove(id, { trash: true });
          await create(engine, numbered(1), {}, id);
          await append(engine, id, numbered(1, 2));
          if (!together) await engine.emptyTrash();
          await engine.checkpoint(id);
          await aMomentLater();
          const rule = { ...ALL, ...(together && { trash: true as const }), ids: [id] };
          const dry = await store.vacuum({ ...rule, dryRun: true });
          const done = await store.vacuum(rule);
          assert.deepEqual(done, dry);
          assert.deepEqual(ids(done.sessions), new Set([id]));
          assert.deepEqual(done.spared, []);
          assert.deepEqual(await revisions(engine, id), [2]);
        }
      },
    );

    guarantee("what is held or pinned keeps its history, and is named", async (engine, store) => {
      const [held, pinned, other] = [await three(engine), await three(engine), await three(engine)];
      await engine.lease(held, { by: "alice" });
      await store.organize(pinned, { pinned: true });
      await aMomentLater();
      const { sessions, spared } = await store.vacuum(ALL);
      assert.deepEqual(ids(sessions), new Set([other]));
      const why = new Map(spared.map(({ id, because }) => [id, because]));
      assert.deepEqual(
        why,
        new Map([
          [held, "held"],
          [pinned, "pinned"],
        ] as const),
      );
      assert.deepEqual(await revisions(engine, held), [1, 2, 3]);
      assert.deepEqual(await revisions(engine, pinned), [1, 2, 3, 4]);
    });

    guarantee("sessions that are named, before a revision", async (engine, store) => {
      const [one, other] = [await three(engine), await three(engine)];
      const { sessions } = await store.vacuum({ history: { beforeRevision: 2 }, ids: [one] });
      assert.deepEqual(ids(sessions), new Set([one]));
      assert.deepEqual(await revisions(engine, one), [2, 3]);
      assert.deepEqual(await revisions(engine, other), [1, 2, 3]);
    });

    guarantee("what makes no sense is refused before anything goes", async (engine, store) => {
      const id = await three(engine);
      await aMomentLater();
      for (const history of [
        { beforeRevision: 2 },
        { beforeRevision: 0.5 },
        { olderThanDays: -1 },
        { olderThanDays: Number.NaN },
      ])
        await refusal(store.vacuum({ history, trash: true }), "INVALID_ARGUMENT");
      const both = { beforeRevision: 3, olderThanDays: 90 } as { beforeRevision: number };
      await refusal(store.vacuum({ history: both, ids: [id] }), "INVALID_ARGUMENT");
      await refusal(store.vacuum({ ...ALL, ids: [id, newSessionId()] }), "SESSION_NOT_FOUND");
      assert.deepEqual(await revisions(engine, id), [1, 2, 3]);
    });
  },
};
