import assert from "node:assert/strict";
import { Message } from "../../session/message.ts";
import { newSessionId } from "../../session/session-id.ts";
import { SessionStore } from "../../store/session-store.ts";
import type { Chapter } from "../guarantee.ts";
import { create, numbered } from "../samples.ts";

export const usage: Chapter = {
  title: "usage",
  guarantees(guarantee) {
    guarantee("is told by session, workspace and source, the most first", async (engine) => {
      const large = await create(engine, [Message.user("x".repeat(100_000))], {
        title: "large",
        workspacePath: "/gone/one",
        custom: { source: "codex" },
      });
      await create(engine, [Message.user("y")], { workspacePath: "/gone/one" });
      await create(engine, [Message.user("z")]);
      const store = new SessionStore(engine);
      const bySession = await store.usage();
      assert.equal(bySession.length, 3);
      const found = bySession.find(({ key }) => key === large.id);
      assert.equal(found?.title, "large");
      assert.equal(found.content, undefined);
      // In memory nothing is stored in bytes.
      if (engine.capabilities.persistent) assert.equal(bySession[0], found);
      const counts = async (by: "workspace" | "source"): Promise<unknown[]> =>
        (await store.usage({ by }))
          .sort((left, right) => (left.key ?? "none").localeCompare(right.key ?? "none"))
          .map(({ key, sessionCount, messageCount }) => [key, sessionCount, messageCount]);
      assert.deepEqual(await counts("workspace"), [
        ["/gone/one", 2, 2],
        [null, 1, 1],
      ]);
      assert.deepEqual(await counts("source"), [
        ["astrid", 2, 2],
        ["codex", 1, 1],
      ]);
    });

    guarantee("two workspaces that were at one path are told one by one", async (engine) => {
      const [one, other] = [newSessionId(), newSessionId()];
      for (const workspaceId of [one, other, other])
        await create(engine, numbered(1), { workspacePath: "/gone/one", workspaceId });
      const told = (await new SessionStore(engine).usage({ by: "workspace" })).map(
        ({ key, sessionCount }) => [key, sessionCount],
      );
      assert.deepEqual(
        told.sort(([, left], [, right]) => Number(left) - Number(right)),
        [
          ["/gone/one", 1],
          ["/gone/one", 2],
        ],
      );
    });

    guarantee("what messages consist of is told in bytes", async (engine) => {
      const call = { type: "tool_use", id: "c", name: "read", input: { path: "é" } };
      await create(engine, [
        Message.user("é"),
        Message.from({
          role: "assistant",
          content: [{ type: "thinking", thinking: "hm" }, { type: "text", text: "well" }, call],
        }),
        Message.from({ role: "user", content: [{ type: "tool_result", tool_use_id: "c", content: "four" }] }),
      ]);
      let reads = 0;
      const query = { content: true, onRead: (done: number, of: number) => (reads += Number(done === of)) };
      const [found] = await new SessionStore(engine).usage(query);
      assert.equal(reads, 1);
      const { rest, ...known } = found?.content ?? { rest: 0 };
      assert.deepEqual(known, { text: 6, thinking: 2, calls: 17, results: 4, attachments: 0 });
      assert.ok(rest > 0);
    });

    guarantee("an unknown way to tell it is refused", async (engine) => {
      await assert.rejects(new SessionStore(engine).usage({ by: "colour" as "session" }), {
        code: "INVALID_ARGUMENT",
      });
    });
  },
};
