import assert from "node:assert/strict";
import { AgentSession } from "../../session/agent-session.ts";
import { Message } from "../../session/message.ts";
import { estimateTokens, tokensIn } from "../../session/summary/tokens.ts";
import type { SessionId } from "../../session/session-id.ts";
import { SessionStore } from "../../store/session-store.ts";
import type { Chapter } from "../guarantee.ts";
import { create, numbered, summarised } from "../samples.ts";

const tokens = (messages: readonly Message[]): number => tokensIn(messages, estimateTokens);

export const forks: Chapter = {
  title: "forks",
  guarantees(guarantee) {
    guarantee("a summary and the list tell how many messages a fork took over", async (engine) => {
      const store = new SessionStore(engine);
      const session = new AgentSession({ messages: numbered(4) });
      await store.save(session);
      const { id } = await store.fork(session.id, { position: 3 });
      await store.append(id, numbered(2, 10));
      const { takenOver, messageCount, takenOverTokens, tokenCount } = await summarised(engine, id);
      assert.deepEqual([takenOver, messageCount], [3, 5]);
      assert.deepEqual(
        [takenOverTokens, tokenCount],
        [tokens(numbered(3)), takenOverTokens + tokens(numbered(2, 10))],
      );
      const listed = (await store.listWithMetadata()).map((one) => [one.id, one.takenOver]);
      assert.deepEqual(
        new Map(listed as [string, number][]),
        new Map([
          [session.id, 0],
          [id, 3],
        ] as const),
      );
      // All of a fork of a fork was said elsewhere.
      const again = await store.fork(id);
      assert.equal((await summarised(engine, again.id)).takenOver, 5);
    });

    guarantee("what a fork goes back behind is taken over no more, until that is undone", async (engine) => {
      const store = new SessionStore(engine);
      const session = new AgentSession({ messages: numbered(4) });
      await store.save(session);
      const fork = await store.fork(session.id);
      const { id } = fork;
      const takenOver = async (): Promise<number> => {
        const { takenOver, takenOverTokens } = await summarised(engine, id);
        assert.equal(takenOverTokens, tokens(numbered(takenOver)));
        return takenOver;
      };
      await store.rewind(id, { position: 1 });
      await store.append(id, numbered(2, 10));
      assert.equal(await takenOver(), 1);
      await store.undo(id);
      assert.equal(await takenOver(), 4);
      await store.rewind(id, { revision: 2 });
      assert.equal(await takenOver(), 1);

      const held = await store.load(id);
      assert.ok(held);
      held.replaceMessages([Message.user("a summary"), ...held.messages]);
      await store.save(held);
      assert.equal(await takenOver(), 0);
      assert.equal((await store.save(held)).unchanged, true);
    });

    guarantee("a fork and a rewind count what they hold", async (engine) => {
      const store = new SessionStore(engine);
      const call = (id: string): Message => Message.toolCalls([{ id, name: "ls", arguments: {} }]);
      const session = new AgentSession({
        systemPrompt: "x".repeat(100),
        messages: [Message.user("one"), call("1"), Message.user("two"), call("2")],
      });
      session.metadata.turnCount = 2;
      session.metadata.toolCallCount = 2;
      session.tokenCount = 1000;
      await store.save(session);
      const counts = async (id: SessionId): Promise<[prompts: number, calls: number]> => {
        const { turnCount = -1, toolCallCount = -1 } = (await engine.read(id))?.head ?? {};
        return [turnCount, toolCallCount];
      };
      const { id } = await store.fork(session.id, { position: 3 });
      assert.deepEqual(await counts(id), [2, 1]);
      await store.rewind(id, { position: 1 });
      assert.deepEqual(await counts(id), [1, 0]);
      await store.undo(id);
      assert.deepEqual(await counts(id), [2, 1]);
      await store.rewind(id, { revision: 2 });
      assert.deepEqual(await counts(id), [1, 0]);
      // Nothing that was said is left; what it counts beside that is the other session's still.
      const { id: empty } = await store.fork(session.id, { position: 0 });
      assert.deepEqual(await counts(empty), [0, 0]);
      const { tokenCount, takenOverTokens } = await summarised(engine, empty);
      assert.ok(tokenCount > 0);
      assert.equal(takenOverTokens, tokenCount);
    });

    guarantee("usage counts what was taken over once, while the other session is there", async (engine) => {
      const store = new SessionStore(engine);
      const session = new AgentSession({ messages: [Message.user("x".repeat(1000))] });
      await store.save(session);
      const { id } = await store.fork(session.id);
      await store.append(id, [Message.user("y")]);
      const counts = async (): Promise<[string, number, number][]> =>
        (await store.usage({ content: true })).map(({ key, messageCount, content }) => [
          key ?? "",
          messageCount,
          content?.text ?? 0,
        ]);
      const before = new Map((await counts()).map(([key, ...rest]) => [key, rest]));
      assert.deepEqual(
        [before.get(session.id), before.get(id)],
        [
          [1, 1000],
          [1, 1],
        ],
      );
      await store.delete(session.id);
      assert.deepEqual(await counts(), [[id, 2, 1001]]);
    });

    guarantee(
      "workspaces count what was taken over once, while the other session is there",
      async (engine) => {
        const store = new SessionStore(engine);
        const session = new AgentSession({ messages: numbered(3), workspacePath: "/nowhere/one" });
        await store.save(session);
        const fork = await store.fork(session.id);
        await store.append(fork.id, numbered(1, 10));
        const moved = await store.fork(session.id, { position: 2 });
        moved.workspacePath = "/nowhere/other";
        await store.save(moved);
        const counts = async (): Promise<Set<string>> =>
          new Set(
            (await store.workspaces()).map((one) => `${one.path} ${one.sessionCount} ${one.messageCount}`),
          );
        assert.deepEqual(await counts(), new Set(["/nowhere/one 2 4", "/nowhere/other 1 0"]));
        await store.delete(session.id);
        assert.deepEqual(await counts(), new Set(["/nowhere/one 1 4", "/nowhere/other 1 2"]));
      },
    );

    guarantee("forks of earlier versions, and imported ones, are told alike", async (engine) => {
      const from = new AgentSession().id;
      for (const name of ["forked_messages", "taken_over"]) {
        const custom = { forked_from: `${from}@1`, [name]: "2" };
        const { id } = await create(engine, numbered(3), { custom });
        assert.equal((await summarised(engine, id)).takenOver, 2);
        const odd = await create(engine, numbered(1), { custom: { ...custom, [name]: "many" } });
        assert.equal((await summarised(engine, odd.id)).takenOver, 0);
      }
    });
  },
};
