import assert from "node:assert/strict";
import { Message } from "../../session/message.ts";
import { newSessionId } from "../../session/session-id.ts";
import type { Chapter } from "../guarantee.ts";
import { append, create, numbered, summarised, withoutBytes } from "../samples.ts";

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
        custom: { source: "langgraph", mood: "fine" },
      };
      const more = { turnCount: 2, gitState: { branch: "main", commit: null } };
      const { id, committed } = await create(engine, numbered(3), { ...fields, ...more });
      const { bytes, ...first } = await summarised(engine, id);
      assert.ok(Number.isSafeInteger(bytes) && bytes >= 0, "bytes");
      assert.deepEqual(first, {
        ...{ ...fields, id, updatedAt: committed.at, revision: 1, messageCount: 3 },
        ...{
          source: "langgraph",
          lastMessagePreview: "message 3",
          held: null,
          autoTitle: null,
          takenOver: 0,
          takenOverTokens: 0,
          prompts: 2,
          branch: "main",
        },
      });

      await append(engine, id, numbered(2, 4), { addTokens: 5 });
      const third = await engine.commit(id, { base: 2, set: { title: null, tags: [] } });
      const { bytes: _, ...last } = await summarised(engine, id);
      assert.deepEqual(last, {
        ...{ ...fields, title: null, tags: [], tokenCount: 17 },
        ...{ id, updatedAt: third.at, revision: 3, messageCount: 5 },
        ...{
          source: "langgraph",
          lastMessagePreview: "message 5",
          held: null,
          autoTitle: null,
          takenOver: 0,
          takenOverTokens: 0,
          prompts: 2,
          branch: "main",
        },
      });
    });

    guarantee("its source is the custom string of that name, and astrid without one", async (engine) => {
      const { id } = await create(engine, numbered(1));
      const shown = async (): Promise<unknown> => {
        const { custom, source } = await summarised(engine, id);
        return { custom, source };
      };
      assert.deepEqual(await shown(), { custom: {}, source: "astrid" });
      // A change of nothing else but the custom strings is shown too.
      await engine.commit(id, { base: 1, set: { custom: { source: "codex", note: "a" } } });
      assert.deepEqual(await shown(), { custom: { source: "codex", note: "a" }, source: "codex" });
      await engine.commit(id, { base: 2, set: { title: "Title" } });
      assert.deepEqual(await shown(), { custom: { source: "codex", note: "a" }, source: "codex" });
      await engine.commit(id, { base: 3, set: { custom: {} } });
      assert.deepEqual(await shown(), { custom: {}, source: "astrid" });
    });

    guarantee("it knows the branch, and how often a person spoke where that was counted", async (engine) => {
      const { id } = await create(engine, numbered(2));
      const shown = async (): Promise<unknown> => {
        const { prompts, branch } = await summarised(engine, id);
        return { prompts, branch };
      };
      assert.deepEqual(await shown(), { prompts: null, branch: null });
      await engine.commit(id, { base: 1, set: { turnCount: 1 } });
      assert.deepEqual(await shown(), { prompts: 1, branch: null });
      await engine.commit(id, { base: 2, set: { gitState: { branch: "next", commit: null } } });
      assert.deepEqual(await shown(), { prompts: 1, branch: "next" });
      await append(engine, id, numbered(1));
      assert.deepEqual(await shown(), { prompts: 1, branch: "next" });
      await engine.commit(id, {
        base: 4,
        set: { turnCount: 0, gitState: { branch: null, commit: "0".repeat(40) } },
      });
      assert.deepEqual(await shown(), { prompts: null, branch: null });
      assert.deepEqual(
        withoutBytes((await engine.list({})).sessions),
        withoutBytes([await summarised(engine, id)]),
      );
    });

    guarantee("it previews the last message that has text, on one line", async (engine) => {
      const { id } = await create(engine);
      const preview = async (): Promise<string | null> => (await summarised(engine, id)).lastMessagePreview;
      assert.equal(await preview(), null);
      await append(engine, id, [Message.user("  first\n\tline  "), Message.user("")]);
      assert.equal(await preview(), "first line");
      await append(engine, id, [Message.assistant("é".repeat(1000))]);
      assert.match((await preview()) ?? "", /^é{100,}…$/);
      await engine.commit(id, { base: 3, splice: [0, 99, []] });
      assert.equal(await preview(), null);
    });

    guarantee("it is the same as the listing's", async (engine) => {
      const { id } = await create(engine, numbered(3), { title: "Title", model: "m-1" });
      await append(engine, id, numbered(1));
      const { sessions } = await engine.list({});
      assert.deepEqual(withoutBytes(sessions), withoutBytes([await summarised(engine, id)]));
    });
  },
};
