import assert from "node:assert/strict";
import { newSessionId } from "../../session/session-id.ts";
import type { Chapter } from "../guarantee.ts";
import { append, conflict, contents, create, numbered, refusal, stored } from "../samples.ts";

const MANY = 100;

export const concurrency: Chapter = {
  title: "concurrency in one process",
  guarantees(guarantee) {
    guarantee(
      "appends at once are all stored, each at a revision of its own, in that order",
      async (engine) => {
        const { id } = await create(engine);
        const appends = numbered(MANY).map(async (message) => ({
          content: message.content,
          ...(await append(engine, id, [message])),
        }));
        const answers = (await Promise.all(appends)).sort((a, b) => a.revision - b.revision);
        assert.deepEqual(
          answers.map(({ revision }) => revision),
          numbered(MANY).map((_, index) => index + 2),
        );
        const session = await stored(engine, id);
        assert.equal(session.revision, MANY + 1);
        assert.deepEqual(
          contents(session.messages),
          answers.map(({ content }) => content),
        );
        assert.deepEqual(
          answers.map(({ messageCount }) => messageCount),
          numbered(MANY).map((_, index) => index + 1),
        );
      },
    );

    guarantee("of commits at once on one revision one is stored, the others conflict", async (engine) => {
      const { id } = await create(engine);
      const attempts = await Promise.allSettled(
        numbered(20).map((message) => append(engine, id, [message], { base: 1 })),
      );
      assert.equal(attempts.filter(({ status }) => status === "fulfilled").length, 1);
      for (const attempt of attempts) {
        if (attempt.status === "fulfilled") continue;
        assert.equal((await conflict(Promise.reject(attempt.reason as Error))).currentRevision, 2);
      }
      const session = await stored(engine, id);
      assert.equal(session.revision, 2);
      assert.equal(session.messages.length, 1);
    });

    guarantee("of creations of one session at once one is stored, the others conflict", async (engine) => {
      const id = newSessionId();
      const attempts = await Promise.allSettled(
        numbered(20).map((message) => create(engine, [message], {}, id)),
      );
      const won = attempts.flatMap(({ status }, index) =>
        status === "fulfilled" ? [`message ${index + 1}`] : [],
      );
      assert.equal(won.length, 1);
      assert.deepEqual(contents((await stored(engine, id)).messages), won);
    });

    guarantee("commits of many sessions at once do not mix", async (engine) => {
      const sessions = await Promise.all(
        Array.from({ length: 20 }, (_, index) => create(engine, numbered(1, index))),
      );
      await Promise.all(
        sessions.flatMap(({ id }, index) =>
          [1, 2, 3].map((n) => append(engine, id, numbered(1, 1000 * n + index))),
        ),
      );
      for (const [index, { id }] of sessions.entries()) {
        const expected = [index, 1000 + index, 2000 + index, 3000 + index].map((n) => `message ${n}`);
        assert.deepEqual(contents((await stored(engine, id)).messages).sort(), expected.sort());
      }
      assert.equal((await engine.list({})).sessions.length, 20);
    });

    guarantee("a reader beside writers sees whole revisions that never go back", async (engine) => {
      const { id } = await create(engine);
      // Each revision r holds r - 1 pairs: half of a pair would be half of a commit.
      let writing = true;
      const writer = (async () => {
        for (let n = 1; n <= MANY; n++) await append(engine, id, [...numbered(1, n), ...numbered(1, n)]);
      })().finally(() => (writing = false));
      let last = 0;
      while (writing) {
        const { revision, messages } = await stored(engine, id);
        assert.ok(revision >= last, `revision ${revision} after ${last}`);
        const expected = numbered(revision - 1).flatMap((message) => [message, message]);
        assert.deepEqual(contents(messages), contents(expected));
        const summary = await engine.summary(id);
        assert.ok(summary !== undefined && summary.revision >= revision);
        assert.equal(summary.messageCount, 2 * (summary.revision - 1));
        last = summary.revision;
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      await writer;
    });

    guarantee(
      "removal beside appends: what was answered before it is gone, what comes after is refused",
      async (engine) => {
        const { id } = await create(engine);
        const appends = numbered(10).map((message) => append(engine, id, [message]));
        const removal = engine.remove(id);
        const late = numbered(10).map((message) => append(engine, id, [message]));
        const settled = await Promise.allSettled([...appends, ...late]);
        assert.equal(await removal, true);
        for (const attempt of settled) {
          if (attempt.status === "rejected")
            await refusal(Promise.reject(attempt.reason as Error), "SESSION_NOT_FOUND");
        }
        assert.equal(await engine.read(id), undefined);
      },
    );
  },
};
