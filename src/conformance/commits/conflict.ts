import assert from "node:assert/strict";
import { newSessionId } from "../../session/session-id.ts";
import type { Chapter } from "../guarantee.ts";
import { append, conflict, contents, create, leavesUntouched, numbered, stored } from "../samples.ts";

export const conflicts: Chapter = {
  title: "conflict",
  guarantees(guarantee) {
    guarantee("a commit on an older revision is refused; the error names the current one", async (engine) => {
      const { id } = await create(engine, numbered(1));
      await append(engine, id, numbered(1, 2), { base: 1 });
      await append(engine, id, numbered(1, 3), { base: 2 });
      await leavesUntouched(engine, id, async () => {
        const error = await conflict(append(engine, id, numbered(1, 99), { base: 1 }));
        assert.equal(error.sessionId, id);
        assert.equal(error.expectedRevision, 1);
        assert.equal(error.currentRevision, 3);
        assert.equal(error.outcome, "not-stored");
        assert.match(error.message, /\b3\b/);
      });
    });

    guarantee("a commit on a revision that is yet to come is refused", async (engine) => {
      const { id } = await create(engine, numbered(1));
      await leavesUntouched(engine, id, async () => {
        const error = await conflict(append(engine, id, numbered(1), { base: 2 }));
        assert.equal(error.currentRevision, 1);
      });
    });

    guarantee("creating a session that exists is refused", async (engine) => {
      const { id } = await create(engine, numbered(1));
      await leavesUntouched(engine, id, async () => {
        const error = await conflict(create(engine, numbered(5), {}, id));
        assert.equal(error.expectedRevision, 0);
        assert.equal(error.currentRevision, 1);
      });
    });

    guarantee("a commit on a session that is not there is refused and creates nothing", async (engine) => {
      const id = newSessionId();
      const error = await conflict(append(engine, id, numbered(1), { base: 3 }));
      assert.equal(error.expectedRevision, 3);
      assert.equal(error.currentRevision, 0);
      assert.equal(await engine.read(id), undefined);
    });

    guarantee("the tag tells apart two histories of one length", async (engine) => {
      const { id, committed } = await create(engine, numbered(1));
      await leavesUntouched(engine, id, async () => {
        const { tag: elsewhere } = (await create(engine, numbered(1, 2))).committed;
        const error = await conflict(append(engine, id, numbered(1), { base: 1, baseTag: elsewhere }));
        assert.equal(error.currentRevision, 1);
      });
      assert.equal((await append(engine, id, numbered(1), { base: 1, baseTag: committed.tag })).revision, 2);
    });

    guarantee(
      "a refused splice or set leaves no trace, and the next commit is the next revision",
      async (engine) => {
        const { id } = await create(engine, numbered(3), { title: "kept" });
        await append(engine, id, numbered(1, 4));
        await leavesUntouched(engine, id, async () => {
          await conflict(
            engine.commit(id, { base: 1, splice: [0, 3, []], set: { title: "lost" }, addTokens: 9 }),
          );
        });
        assert.equal((await append(engine, id, numbered(1, 5))).revision, 3);
        assert.deepEqual(contents((await stored(engine, id)).messages), contents(numbered(5)));
      },
    );
  },
};
