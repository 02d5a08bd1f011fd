import assert from "node:assert/strict";
import type { CleanupReport } from "../../operations/cleanup/cleanup.ts";
import type { CleanupRule } from "../../operations/cleanup/rule.ts";
import type { StorageEngine } from "../../engine/contract.ts";
import { newSessionId, type SessionId } from "../../session/session-id.ts";
import { SessionStore } from "../../store/session-store.ts";
import type { Chapter } from "../guarantee.ts";
import { append, conflict, create, nextMillisecond, numbered, refusal, summarised } from "../samples.ts";

const USER = "00000000000000aa";
const DAY = 24 * 60 * 60 * 1000;

function daysAgo(days: number): string {
  return new Date(Date.now() - days * DAY).toISOString();
}

interface Made {
  readonly days?: number;
  readonly set?: Parameters<typeof create>[2];
  readonly messages?: number;
}

/** A session that was created, and changed last, so many days ago. */
async function made(engine: StorageEngine, { days = 0, set, messages = 1 }: Made = {}): Promise<SessionId> {
  const id = newSessionId();
  const at = daysAgo(days);
  const splice = ["end", 0, numbered(messages)] as const;
  await engine.commit(id, { base: 0, at, splice, set: { createdAt: at, ...set } });
  return id;
}

function idsOf({ sessions }: Pick<CleanupReport, "sessions">): SessionId[] {
  return sessions.map(({ session }) => session.id);
}

async function left(engine: StorageEngine): Promise<SessionId[]> {
  return (await engine.list({})).sessions.map(({ id }) => id).sort();
}

/** But for the bytes: an engine may tidy up in the background. */
function told(all: CleanupReport["sessions"] | CleanupReport["kept"]): object[] {
  return all.map(({ session: { bytes: _, ...session }, ...why }) => ({ session, ...why }));
}

/** The same sessions for the dry run and for the real one, and no other is gone afterwards. */
async function cleaned(engine: StorageEngine, rule: CleanupRule): Promise<CleanupReport> {
  const store = new SessionStore(engine);
  const before = await left(engine);
  const dry = await store.cleanup(rule, { dryRun: true });
  assert.deepEqual(await left(engine), before);
  const report = await store.cleanup(rule);
  assert.deepEqual(told(report.sessions), told(dry.sessions));
  assert.deepEqual(told(report.kept), told(dry.kept));
  assert.deepEqual(report.trash, dry.trash);
  assert.deepEqual(report.changed, []);
  assert.deepEqual(
    await left(engine),
    before.filter((id) => !idsOf(report).includes(id)),
  );
  return report;
}

export const cleanup: Chapter = {
  title: "cleanup",
  guarantees(guarantee, { capabilities }) {
    if (!capabilities.trash) {
      guarantee("an engine without a trash refuses, and removes nothing", async (engine) => {
        const id = await made(engine, { days: 9 });
        await refusal(new SessionStore(engine).cleanup({ olderThanDays: 1 }), "NOT_SUPPORTED");
        assert.deepEqual(await left(engine), [id]);
      });
      return;
    }

    guarantee("by creation or by the last change; each says why", async (engine) => {
      const old = await made(engine, { days: 9 });
      const used = await made(engine, { days: 8 });
      await append(engine, used, numbered(1));
      const young = await made(engine, { days: 3 });
      const byActivity = await cleaned(engine, { olderThanDays: 5, by: "activity" });
      assert.deepEqual(idsOf(byActivity), [old]);
      assert.match(byActivity.sessions[0]?.reason ?? "", /^last changed \d{4}-/);
      const byCreation = await cleaned(engine, { olderThanDays: 5 });
      assert.deepEqual(
        byCreation.sessions.map(({ session, because }) => [session.id, because]),
        [[used, "age"]],
      );
      assert.deepEqual(await left(engine), [young]);
    });

    guarantee("the newest of each workspace are kept", async (engine) => {
      const ids: SessionId[] = [];
      for (const [workspacePath, days] of [
        ["/a", 4],
        ["/a", 3],
        ["/a", 2],
        ["/b", 9],
      ] as const)
        ids.push(await made(engine, { days, set: { workspacePath } }));
      const [oldest, older] = ids as [SessionId, SessionId, SessionId, SessionId];
      const aged = await new SessionStore(engine).cleanup({ olderThanDays: 1, keep: 2 }, { dryRun: true });
      assert.deepEqual(idsOf(aged), [oldest]);
      assert.deepEqual(new Set(aged.kept.map(({ because }) => because)), new Set(["newest"]));
      const counted = await cleaned(engine, { keep: 1 });
      assert.deepEqual(
        counted.sessions.map(({ session, because }) => [session.id, because]),
        [
          [oldest, "count"],
          [older, "count"],
        ],
      );
    });

    guarantee("the oldest go until the others take no more than so many bytes", async (engine) => {
      const ids: SessionId[] = [];
      for (const days of [4, 3, 2, 1]) ids.push(await made(engine, { days, messages: 50 }));
      const [oldest, pinned] = ids as [SessionId, SessionId, SessionId, SessionId];
      await new SessionStore(engine).organize(pinned, { pinned: true });
      // From here on nothing is written in the background.
      for (const id of ids) await engine.checkpoint(id);
      const summaries = await Promise.all(ids.map((id) => summarised(engine, id)));
      const sizes = summaries.map(({ bytes }) => bytes) as [number, number, number, number];
      const all = sizes.reduce((sum, bytes) => sum + bytes, 0);
      assert.deepEqual(idsOf(await cleaned(engine, { maxBytes: all })), []);
      const report = await cleaned(engine, { maxBytes: all - 1 });
      assert.deepEqual(
        report.sessions.map(({ session, because }) => [session.id, because]),
        [[oldest, "size"]],
      );
      // The pinned one stays, and the newest.
      const most = await cleaned(engine, { maxBytes: 0 });
      assert.deepEqual(idsOf(most), [ids[2]]);
      assert.deepEqual(
        most.kept.map(({ session, because }) => [session.id, because]),
        [
          [pinned, "pinned"],
          [ids[3], "newest"],
        ],
      );
    });

    guarantee("only what the filters match; a rule that makes no sense is refused", async (engine) => {
      const tagged = await made(engine, { days: 9, set: { tags: ["x"], custom: { source: "codex" } } });
      const other = await made(engine, { days: 9, set: { title: "Other", model: "m", userId: USER } });
      const store = new SessionStore(engine);
      for (const filter of [{ tag: "x" }, { source: "codex" }]) {
        const report = await store.cleanup({ olderThanDays: 1, ...filter }, { dryRun: true });
        assert.deepEqual(idsOf(report), [tagged]);
      }
      for (const filter of [{ model: "m" }, { user: USER }, { titleMatches: "OTH" }]) {
        const report = await store.cleanup({ olderThanDays: 1, ...filter }, { dryRun: true });
        assert.deepEqual(idsOf(report), [other]);
      }
      const rules = [{}, { keep: 0 }, { keep: 1.5 }, { olderThanDays: -1 }, { maxBytes: NaN }];
      for (const rule of [...rules, { olderThanDays: 1, by: "size" as "created" }, { keep: 1, since: "?" }])
        await refusal(store.cleanup(rule), "INVALID_ARGUMENT");
      assert.deepEqual(await left(engine), [tagged, other].sort());
    });

    guarantee("pinned sessions stay; sub-agents go and stay with their parent", async (engine) => {
      const store = new SessionStore(engine);
      const parent = await made(engine, { days: 9 });
      const child = await made(engine, { days: 1, set: { parentId: parent } });
      const grandchild = await made(engine, { days: 9, set: { parentId: child } });
      const pinned = await made(engine, { days: 9 });
      const itsChild = await made(engine, { days: 9, set: { parentId: pinned } });
      await store.organize(pinned, { pinned: true });
      assert.deepEqual(idsOf(await cleaned(engine, { olderThanDays: 5, by: "activity" })), []);
      const report = await cleaned(engine, { olderThanDays: 5 });
      assert.deepEqual(idsOf(report), [grandchild, child, parent]);
      assert.match(report.sessions[0]?.reason ?? "", new RegExp(`sub-agent of ${parent}`));
      assert.deepEqual(
        report.kept.map(({ session, because }) => [session.id, because]),
        [[pinned, "pinned"]],
      );
      assert.deepEqual(await left(engine), [pinned, itsChild].sort());

      const back: SessionId[] = [];
      assert.equal(await store.restore(parent, { onRestore: (id) => back.push(id) }), true);
      assert.deepEqual(back, [grandchild, child, parent]);
      assert.deepEqual(await engine.trashed(), []);
      assert.equal(await store.restore(parent), false);
    });

    guarantee("what is held stays, with its family, and goes when it is released", async (engine) => {
      const parent = await made(engine, { days: 9 });
      const child = await made(engine, { days: 9, set: { parentId: parent } });
      const lease = await engine.lease(child, { by: "someone" });
      const report = await cleaned(engine, { olderThanDays: 5 });
      assert.deepEqual(
        report.kept.map(({ session, because }) => [session.id, because]),
        [[parent, "held"]],
      );
      assert.deepEqual(await left(engine), [parent, child].sort());
      await lease.release();
      assert.deepEqual(idsOf(await cleaned(engine, { olderThanDays: 5 })), [child, parent]);
    });

    guarantee("a session comes back without its sub-agents where that is asked for", async (engine) => {
      const store = new SessionStore(engine);
      const parent = await made(engine);
      const child = await made(engine, { set: { parentId: parent } });
      await store.delete(parent, { trash: true });
      assert.equal((await engine.trashed()).find(({ id }) => id === child)?.parentId, parent);
      assert.equal(await store.restore(parent, { subagents: false }), true);
      assert.deepEqual(await left(engine), [parent]);
      // To a session that is in use nothing comes back by itself.
      assert.equal(await store.restore(parent), false);
      assert.deepEqual(await left(engine), [parent]);
    });

    guarantee("what has changed since it was looked at stays", async (engine) => {
      const id = await made(engine);
      const { revision, updatedAt } = await summarised(engine, id);
      await append(engine, id, numbered(1));
      const now = await summarised(engine, id);
      const later = new Date(Date.parse(now.updatedAt) + 1).toISOString();
      const note = { run: "r", rule: "rule", reason: "reason" };
      for (const trash of [true, false]) {
        await conflict(engine.remove(id, { trash, note, ifUnchanged: { revision, updatedAt } }));
        await conflict(engine.remove(id, { trash, ifUnchanged: { revision: 2, updatedAt: later } }));
      }
      assert.deepEqual(await left(engine), [id]);
      assert.deepEqual(await engine.removals?.(), []);
      assert.equal(await engine.remove(id, { trash: true, ifUnchanged: now }), true);
      assert.equal(await engine.remove(id, { trash: true, ifUnchanged: now }), false);
    });

    guarantee(
      "the log tells what went, when, by which rule and why, newest first, also of what came back",
      async (engine) => {
        const store = new SessionStore(engine);
        assert.deepEqual(await store.removals(), []);
        const first = await made(engine, { days: 9, set: { title: "First" }, messages: 3 });
        const second = await made(engine, { days: 4 });
        await store.delete(await made(engine), { trash: true });
        await store.cleanup({ olderThanDays: 5 }, { dryRun: true });
        assert.deepEqual(await store.removals(), []);
        const before = Date.now();
        const one = await store.cleanup({ olderThanDays: 5 });
        await nextMillisecond();
        const two = await store.cleanup({ olderThanDays: 3, by: "activity" });
        const log = await store.removals();
        assert.deepEqual(
          log.map(({ removedAt: _, reason: __, ...entry }) => entry),
          [
            {
              id: second,
              to: "trash",
              title: null,
              messageCount: 1,
              run: two.run,
              rule: "unchanged for more than 3 days",
            },
            {
              id: first,
              to: "trash",
              title: "First",
              messageCount: 3,
              run: one.run,
              rule: "created more than 5 days ago",
            },
          ],
        );
        assert.deepEqual(
          log.map(({ reason }) => reason),
          [two.sessions[0]?.reason, one.sessions[0]?.reason],
        );
        for (const { removedAt } of log) assert.ok(Date.parse(removedAt) >= before - 1, removedAt);

        await store.restore(first);
        assert.deepEqual(await store.removals(), log);
        await engine.emptyTrash();
        assert.deepEqual(await store.removals(), log);
        await store.cleanup({ olderThanDays: 5 });
        assert.equal((await store.removals()).length, 3);
      },
    );

    guarantee("the trash expires by a cleanup that says so, and by no other", async (engine) => {
      const store = new SessionStore(engine);
      const mine = await made(engine, { set: { title: "Mine" }, messages: 2 });
      await store.delete(mine, { trash: true });
      await nextMillisecond();
      const old = await made(engine, { days: 9 });
      assert.deepEqual((await cleaned(engine, { olderThanDays: 5 })).trash, []);
      const { length } = await engine.trashed();
      assert.equal(length, 2);
      assert.deepEqual((await cleaned(engine, { trashOlderThanDays: 1 })).trash, []);
      await nextMillisecond();
      const young = await made(engine, { days: 9 });
      const report = await cleaned(engine, { trashOlderThanDays: 0, olderThanDays: 5 });
      assert.deepEqual(report.trash.map(({ id }) => id).sort(), [mine, old].sort());
      // What goes by this very call has not been there for long.
      assert.deepEqual(
        (await engine.trashed()).map(({ id }) => id),
        [young],
      );
      const log = await store.removals();
      const gone = log.filter(({ to }) => to === "gone");
      assert.deepEqual(gone.map(({ id }) => id).sort(), [mine, old].sort());
      assert.ok(gone.every(({ run, rule }) => run === report.run && /in the trash for more than/.test(rule)));
      const ofMine = gone.find(({ id }) => id === mine);
      assert.deepEqual([ofMine?.title, ofMine?.messageCount], ["Mine", 2]);
      assert.deepEqual(
        log
          .filter(({ to }) => to === "trash")
          .map(({ id }) => id)
          .sort(),
        [old, young].sort(),
      );
    });

    guarantee("removed for good: it is in the log, and in no trash", async (engine) => {
      const store = new SessionStore(engine);
      const id = await made(engine, { days: 9, set: { title: "Gone" }, messages: 2 });
      // A life before that is in the trash stays there.
      await engine.remove(id, { trash: true });
      await create(engine, numbered(2), { createdAt: daysAgo(9), title: "Second" }, id);
      const { sessions, run } = await store.cleanup({ olderThanDays: 5 }, { trash: false });
      assert.equal(sessions.length, 1);
      assert.deepEqual(
        (await engine.trashed()).map(({ title }) => title),
        ["Gone"],
      );
      const [entry, ...more] = await store.removals();
      assert.deepEqual(more, []);
      assert.deepEqual([entry?.id, entry?.to, entry?.title, entry?.run], [id, "gone", "Second", run]);
    });
  },
};
