import assert from "node:assert/strict";
import type { Commit } from "../../session/commit.ts";
import { newSessionId } from "../../session/session-id.ts";
import { reopen, type Chapter } from "../guarantee.ts";
import { append, create, leavesUntouched, numbered, refusal, stored } from "../samples.ts";

export const idempotentRetry: Chapter = {
  title: "idempotent retry",
  guarantees(guarantee, { capabilities }) {
    guarantee("a repeated operation is stored once, and answers with its first revision", async (engine) => {
      const { id } = await create(engine, numbered(1));
      const commit: Commit = { operationId: "turn-1", splice: ["end", 0, numbered(2, 2)], addTokens: 7 };
      const first = await engine.commit(id, commit);
      assert.equal(first.repeated, false);
      await leavesUntouched(engine, id, async () => {
        const again = await engine.commit(id, { ...commit });
        assert.deepEqual([again.revision, again.messageCount, again.repeated], [2, 3, true]);
      });
    });

    guarantee("also when the session has moved on since, and the base is long outdated", async (engine) => {
      const { id } = await create(engine, numbered(1));
      const commit: Commit = { base: 1, operationId: "turn-1", splice: ["end", 0, numbered(1, 2)] };
      await engine.commit(id, commit);
      for (let n = 3; n < 10; n++) await append(engine, id, numbered(1, n));
      await leavesUntouched(engine, id, async () => {
        const again = await engine.commit(id, commit);
        assert.deepEqual([again.revision, again.repeated], [2, true]);
      });
    });

    guarantee("also the commit that created the session", async (engine) => {
      const id = newSessionId();
      const commit: Commit = {
        base: 0,
        operationId: "create",
        splice: ["end", 0, numbered(2)],
        set: { title: "T" },
      };
      assert.equal((await engine.commit(id, commit)).repeated, false);
      await leavesUntouched(engine, id, async () => {
        const again = await engine.commit(id, commit);
        assert.deepEqual([again.revision, again.repeated], [1, true]);
      });
    });

    guarantee("the same operation id with another change is refused", async (engine) => {
      const { id } = await create(engine, numbered(1));
      await append(engine, id, numbered(1, 2), { operationId: "op" });
      await leavesUntouched(engine, id, async () => {
        await refusal(append(engine, id, numbered(1, 3), { operationId: "op" }), "OPERATION_MISMATCH");
        await refusal(append(engine, id, numbered(2, 2), { operationId: "op" }), "OPERATION_MISMATCH");
        await refusal(append(engine, id, [], { operationId: "op" }), "OPERATION_MISMATCH");
        const more: Commit = { operationId: "op", set: { title: "T" } };
        await refusal(append(engine, id, numbered(1, 2), more), "OPERATION_MISMATCH");
        const tokens: Commit = { operationId: "op", addTokens: 1 };
        await refusal(append(engine, id, numbered(1, 2), tokens), "OPERATION_MISMATCH");
      });
    });

    guarantee("operation ids belong to their session", async (engine) => {
      const { id: one } = await create(engine);
      const { id: other } = await create(engine);
      await append(engine, one, numbered(1), { operationId: "op" });
      assert.equal((await append(engine, other, numbered(2), { operationId: "op" })).repeated, false);
      assert.equal((await stored(engine, other)).messages.length, 2);
    });

    guarantee("any text is an operation id", async (engine) => {
      const { id } = await create(engine);
      const ids = ["", "__proto__", "constructor", "a b\n\u0000", "\ud800", "é", "e\u0301", "x".repeat(1000)];
      for (const operationId of ids) {
        const shown = JSON.stringify(operationId.slice(0, 20));
        assert.equal((await append(engine, id, numbered(1), { operationId })).repeated, false, shown);
        assert.equal((await append(engine, id, numbered(1), { operationId })).repeated, true, shown);
      }
      assert.equal((await stored(engine, id)).messages.length, ids.length);
    });

    guarantee("repeated at once, an operation is stored once", async (engine) => {
      const { id } = await create(engine);
      const commit: Commit = { operationId: "op", splice: ["end", 0, numbered(1)] };
      const answers = await Promise.all(Array.from({ length: 10 }, () => engine.commit(id, commit)));
      assert.deepEqual(new Set(answers.map(({ revision }) => revision)), new Set([2]));
      assert.equal(answers.filter(({ repeated }) => !repeated).length, 1);
      assert.deepEqual((await stored(engine, id)).messages, numbered(1));
    });

    guarantee("an operation that was refused may be tried again", async (engine) => {
      const { id } = await create(engine, numbered(1));
      await append(engine, id, numbered(1, 2));
      await refusal(append(engine, id, numbered(1, 3), { base: 1, operationId: "op" }), "CONFLICT");
      const retried = await append(engine, id, numbered(1, 3), { base: 2, operationId: "op" });
      assert.deepEqual([retried.revision, retried.repeated], [3, false]);
    });

    if (!capabilities.persistent) return;
    guarantee("operations are remembered when the place is opened again", async (engine, opened) => {
      const { id } = await create(engine, numbered(1));
      await append(engine, id, numbered(1, 2), { operationId: "early" });
      await engine.checkpoint(id);
      await append(engine, id, numbered(1, 3), { operationId: "late" });
      const again = await reopen(opened, engine);
      await leavesUntouched(again, id, async () => {
        const early = await append(again, id, numbered(1, 2), { operationId: "early" });
        assert.deepEqual([early.revision, early.messageCount, early.repeated], [2, 2, true]);
        const late = await append(again, id, numbered(1, 3), { operationId: "late" });
        assert.deepEqual([late.revision, late.messageCount, late.repeated], [3, 3, true]);
        await refusal(append(again, id, numbered(1, 9), { operationId: "early" }), "OPERATION_MISMATCH");
      });
    });
  },
};
