import assert from "node:assert/strict";
import { Message } from "../../session/message.ts";
import { newSessionId } from "../../session/session-id.ts";
import type { Chapter } from "../guarantee.ts";
import { append, contents, create, leavesUntouched, numbered, refusal, stored } from "../samples.ts";

const ISO_MILLISECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

export const commit: Chapter = {
  title: "commit",
  guarantees(guarantee) {
    guarantee("base 0 creates a session with the messages and fields that it names", async (engine) => {
      const id = newSessionId();
      const createdAt = "2026-02-20T10:11:12.123456789Z";
      const committed = await engine.commit(id, {
        base: 0,
        splice: ["end", 0, numbered(2)],
        set: { createdAt, systemPrompt: "Be brief.", title: "First", tags: ["a", "b"], custom: { k: "v" } },
      });
      assert.equal(committed.revision, 1);
      assert.equal(committed.messageCount, 2);
      assert.equal(committed.repeated, false);
      const session = await stored(engine, id);
      assert.equal(session.id, id);
      assert.equal(session.revision, 1);
      assert.deepEqual(session.messages, numbered(2));
      const { head } = session;
      assert.equal(head.createdAt, createdAt);
      assert.equal(head.systemPrompt, "Be brief.");
      assert.equal(head.title, "First");
      assert.deepEqual(head.tags, ["a", "b"]);
      assert.deepEqual(head.custom, { k: "v" });
    });

    guarantee("fields that no commit named have their initial values", async (engine) => {
      const { id } = await create(engine, [], { createdAt: "2026-01-01T00:00:00Z" });
      const { head } = await stored(engine, id);
      assert.deepEqual(
        { ...head },
        {
          ...{
            userId: "0000000000000000",
            createdAt: "2026-01-01T00:00:00Z",
            tokenCount: 0,
            title: null,
            tags: [],
          },
          ...{ turnCount: 0, toolCallCount: 0, approvalCount: 0, custom: {}, metadataExtra: {} },
          ...{ workspacePath: null, workspaceId: null, parentId: null, model: null, gitState: null },
          ...{ budgetSnapshot: null, escapeState: null, allowances: [], systemPrompt: "", extra: {} },
        },
      );
    });

    guarantee("each commit is the next revision, with a time and a tag of its own", async (engine) => {
      const { id, committed: first } = await create(engine, numbered(1));
      const second = await append(engine, id, numbered(1, 2), { base: 1, baseTag: first.tag });
      const third = await append(engine, id, numbered(1, 3));
      assert.deepEqual([first.revision, second.revision, third.revision], [1, 2, 3]);
      assert.equal(new Set([first.tag, second.tag, third.tag]).size, 3);
      for (const { at } of [first, second, third]) assert.match(at, ISO_MILLISECONDS);
      const session = await stored(engine, id);
      assert.equal(session.revision, 3);
      assert.equal(session.tag, third.tag);
      assert.equal(Date.parse(session.updatedAt), Date.parse(third.at));
      assert.deepEqual(contents(session.messages), ["message 1", "message 2", "message 3"]);
    });

    guarantee("a commit from elsewhere happened when it says", async (engine) => {
      const id = newSessionId();
      const at = "2023-01-01T00:00:00+02:00";
      const created = await engine.commit(id, { base: 0, at, splice: [0, 0, numbered(1)] });
      assert.equal(Date.parse(created.at), Date.parse("2022-12-31T22:00:00Z"));
      const later = await append(engine, id, numbered(1, 2), { base: 1, at: "2024-05-06T07:08:09.123Z" });
      assert.equal(Date.parse(later.at), Date.parse("2024-05-06T07:08:09.123Z"));
      const session = await stored(engine, id);
      assert.equal(Date.parse(session.updatedAt), Date.parse(later.at));
      assert.equal(Date.parse((await engine.summary(id))?.updatedAt ?? ""), Date.parse(later.at));
      const times: number[] = [];
      for await (const commit of engine.commits(id, 0)) times.push(Date.parse(commit.at));
      assert.deepEqual(times, [Date.parse(created.at), Date.parse(later.at)]);
      const before = Date.now();
      const now = await append(engine, id, numbered(1, 3));
      assert.ok(Date.parse(now.at) >= before - 60_000, now.at);
    });

    guarantee("a splice does what Array.prototype.splice does, clamped to the messages", async (engine) => {
      const cases: [start: number | "end", deleteCount: number, added: number][] = [
        ...([
          [0, 0, 1],
          [0, 2, 1],
          [2, 1, 2],
          [3, 0, 1],
          [4, 99, 1],
          [1000, 5, 1],
        ] as [number, number, number][]),
        ...([
          ["end", 0, 2],
          ["end", 3, 1],
          [0, 1000, 0],
          [0, 0, 3],
        ] as [number | "end", number, number][]),
      ];
      const { id } = await create(engine, numbered(5));
      const model = numbered(5);
      for (const [index, [start, deleteCount, added]] of cases.entries()) {
        const messages = numbered(added, 100 * (index + 1));
        const { messageCount } = await engine.commit(id, {
          base: index + 1,
          splice: [start, deleteCount, messages],
        });
        if (start === "end") model.push(...messages);
        else model.splice(start, deleteCount, ...messages);
        const session = await stored(engine, id);
        assert.deepEqual(
          contents(session.messages),
          contents(model),
          `splice ${start} ${deleteCount} +${added}`,
        );
        assert.equal(messageCount, model.length);
      }
    });

    guarantee("a set changes the fields that it names, and no other", async (engine) => {
      const { id } = await create(engine, numbered(1), {
        title: "Old",
        model: "m-1",
        systemPrompt: "Keep me.",
      });
      const before = await stored(engine, id);
      const gitState = { branch: "main", commit: null };
      await engine.commit(id, { base: 1, set: { title: "New", model: null, gitState } });
      const after = await stored(engine, id);
      assert.deepEqual(after.head, { ...before.head, title: "New", model: null, gitState });
      assert.deepEqual(after.messages, before.messages);
    });

    guarantee("addTokens adds to the count that is current", async (engine) => {
      const { id } = await create(engine, [], { tokenCount: 40 });
      await append(engine, id, numbered(1), { addTokens: 2 });
      await append(engine, id, numbered(1), { addTokens: 3 });
      assert.equal((await stored(engine, id)).head.tokenCount, 45);
      await engine.commit(id, { base: 3, set: { tokenCount: 7, title: "T" }, addTokens: 1 });
      const { head } = await stored(engine, id);
      assert.deepEqual([head.tokenCount, head.title], [8, "T"]);
    });

    guarantee("a commit that changes nothing is a revision too", async (engine) => {
      const { id } = await create(engine, numbered(2));
      const before = await stored(engine, id);
      assert.equal((await engine.commit(id, { base: 1 })).revision, 2);
      const after = await stored(engine, id);
      assert.equal(after.revision, 2);
      assert.deepEqual(after.head, before.head);
      assert.deepEqual(after.messages, before.messages);
    });

    guarantee("an append to a session that does not exist is refused and creates nothing", async (engine) => {
      const id = newSessionId();
      await refusal(append(engine, id, numbered(1)), "SESSION_NOT_FOUND");
      assert.equal(await engine.read(id), undefined);
      assert.deepEqual((await engine.list({})).sessions, []);
    });

    guarantee("positions that are negative, fractional or without a base are refused", async (engine) => {
      const { id } = await create(engine, numbered(3));
      await leavesUntouched(engine, id, async () => {
        for (const [start, deleteCount] of [
          [-1, 0],
          [0.5, 0],
          [NaN, 0],
          [0, -1],
          [0, 1.5],
          [0, Infinity],
        ] as const) {
          const splice = [start, deleteCount, numbered(1)] as const;
          await refusal(engine.commit(id, { base: 1, splice }), "INVALID_ARGUMENT");
        }
        await refusal(engine.commit(id, { splice: [0, 0, numbered(1)] }), "INVALID_ARGUMENT");
        await refusal(engine.commit(id, { base: -1 }), "INVALID_ARGUMENT");
        await refusal(engine.commit(id, { addTokens: 0.5 }), "INVALID_ARGUMENT");
      });
      assert.equal((await append(engine, id, numbered(1))).revision, 2);
    });

    guarantee("a field of the wrong type is refused and nothing of the commit is stored", async (engine) => {
      const { id } = await create(engine, numbered(1));
      await leavesUntouched(engine, id, async () => {
        const set = { title: 5 } as unknown as { title: string };
        await refusal(
          engine.commit(id, { base: 1, splice: ["end", 0, numbered(1)], set }),
          "INVALID_SESSION",
        );
      });
    });

    guarantee("both durabilities store the same", async (engine) => {
      const { id } = await create(engine, numbered(1));
      await engine.commit(id, { splice: ["end", 0, numbered(1, 2)] }, "process");
      await engine.commit(id, { splice: ["end", 0, numbered(1, 3)] }, "disk");
      assert.deepEqual((await stored(engine, id)).messages, numbered(3));
    });

    guarantee("commits of one session leave the others alone", async (engine) => {
      const { id: one } = await create(engine, numbered(1), { title: "one" });
      const { id: other } = await create(engine, numbered(2), { title: "other" });
      await leavesUntouched(engine, other, async () => {
        await engine.commit(one, {
          base: 1,
          splice: [0, 1, [Message.user("changed")]],
          set: { title: "changed" },
        });
      });
    });
  },
};
