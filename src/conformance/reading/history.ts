import assert from "node:assert/strict";
import type { StorageEngine, StoredCommit } from "../../engine/contract.ts";
import { EMPTY_HEAD, type SessionHead } from "../../session/head.ts";
import type { Message } from "../../session/message.ts";
import { newSessionId, type SessionId } from "../../session/session-id.ts";
import { reopen, type Chapter } from "../guarantee.ts";
import { append, create, numbered, refusal, stored } from "../samples.ts";

async function historyOf(engine: StorageEngine, id: SessionId, after = 0): Promise<StoredCommit[]> {
  const commits: StoredCommit[] = [];
  for await (const commit of engine.commits(id, after)) commits.push(commit);
  return commits;
}

/** A session of six revisions: created, appended to, spliced at the start and the end, retitled, counted. */
async function lived(engine: StorageEngine): Promise<SessionId> {
  const { id } = await create(engine, numbered(3), { title: "first", createdAt: "2026-01-01T00:00:00Z" });
  await append(engine, id, numbered(2, 4), { operationId: "op", addTokens: 4 });
  await engine.commit(id, { base: 2, splice: [0, 4, numbered(1, 100)] });
  await engine.commit(id, { base: 3, splice: [1, 9, numbered(2, 200)], set: { title: null } });
  await engine.commit(id, { base: 4 });
  await engine.commit(id, { base: 5, set: { tokenCount: 1 }, addTokens: 2 });
  return id;
}

export const history: Chapter = {
  title: "commits",
  guarantees(guarantee, { capabilities }) {
    guarantee("the history holds every commit, with its start resolved", async (engine) => {
      const id = await lived(engine);
      const commits = await historyOf(engine, id);
      assert.deepEqual(
        commits.map(({ revision }) => revision),
        [1, 2, 3, 4, 5, 6],
      );
      assert.deepEqual(
        commits.map(({ operationId }) => operationId),
        [...[undefined, "op", undefined], ...[undefined, undefined, undefined]],
      );
      assert.deepEqual(commits[1]?.splice, [3, 0, numbered(2, 4)]);
      assert.deepEqual(commits[3]?.splice, [1, 1, numbered(2, 200)]);
      assert.deepEqual(
        commits.map(({ tokenCount }) => tokenCount),
        [0, 4, 4, 4, 4, 3],
      );
      assert.deepEqual(
        commits.map(({ messageCount, isForeign }) => [messageCount, isForeign]),
        [3, 5, 2, 3, 3, 3].map((count) => [count, undefined]),
      );
      const { tag, updatedAt } = await stored(engine, id);
      assert.equal(commits.at(-1)?.tag, tag);
      assert.equal(Date.parse(commits.at(-1)?.at ?? ""), Date.parse(updatedAt));
    });

    guarantee("applied one after the other, the commits make the session", async (engine, opened) => {
      const id = await lived(engine);
      const again = capabilities.persistent ? await reopen(opened, engine) : engine;
      const messages: Message[] = [];
      let head: SessionHead = EMPTY_HEAD;
      for (const { splice, set, tokenCount } of await historyOf(again, id)) {
        if (splice !== undefined) messages.splice(splice[0], splice[1], ...splice[2]);
        head = { ...head, ...set, tokenCount };
      }
      const session = await stored(again, id);
      assert.deepEqual(session.messages, messages);
      assert.deepEqual({ ...session.head }, head);
    });

    guarantee("after a revision: what came behind it", async (engine) => {
      const id = await lived(engine);
      await engine.checkpoint(id);
      for (const after of [0, 1, 3, 5, 6, 99]) {
        const revisions = (await historyOf(engine, id, after)).map(({ revision }) => revision);
        assert.deepEqual(revisions, [1, 2, 3, 4, 5, 6].slice(after), `after ${after}`);
      }
    });

    guarantee("a session that is not there is refused", async (engine) => {
      await refusal(historyOf(engine, newSessionId()), "SESSION_NOT_FOUND");
    });
  },
};
