import assert from "node:assert/strict";
import { newSessionId } from "../session/session-id.ts";
import type { Chapter } from "./guarantee.ts";
import { append, create, numbered, summarised } from "./samples.ts";

export const summary: Chapter = {
  title: "summary",
  guarantees(guarantee) {
    guarantee("a session that is not there has none", async (engine) => {
      assert.equal(await engine.summary(newSessionId()), undefined);
    });

    guarantee("it shows what was committed last", async (engine) => {
      const parentId = newSessionId();
      const workspaceId = newSessionId();
      const fields = {
        ...{
          title: "Title",
          tags: ["x"],
          userId: "0123456789abcdef",
          createdAt: "2026-02-20T10:11:12.123456789Z",
        },
        ...{ tokenCount: 12, workspacePath: "/work", workspaceId, parentId, model: "m-1" },
      };
      const { id, committed } = await create(engine, numbered(3), fields);
      const { bytes, ...first } = await summarised(engine, id);
      assert.ok(Number.isSafeInteger(bytes) && bytes >= 0, "bytes");
      assert.deepEqual(first, { ...fields, id, updatedAt: committed.at, revision: 1, messageCount: 3 });

      await append(engine, id, numbered(2, 4), { addTokens: 5 });
      const third = await engine.commit(id, { base: 2, set: { title: null, tags: [] } });
      const { bytes: _, ...last } = await summarised(engine, id);
      assert.deepEqual(last, {
        ...{ ...fields, title: null, tags: [], tokenCount: 17 },
        ...{ id, updatedAt: third.at, revision: 3, messageCount: 5 },
      });
    });

    guarantee("it is the same as the listing's", async (engine) => {
      const { id } = await create(engine, numbered(3), { title: "Title", model: "m-1" });
      await append(engine, id, numbered(1));
      assert.deepEqual((await engine.list({})).sessions, [await summarised(engine, id)]);
    });
  },
};
