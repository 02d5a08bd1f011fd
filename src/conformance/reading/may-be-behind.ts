import assert from "node:assert/strict";
import { Message } from "../../session/message.ts";
import type { Chapter } from "../guarantee.ts";
import { create, withoutBytes } from "../samples.ts";

export const mayBeBehind: Chapter = {
  title: "answers that may be behind",
  guarantees(guarantee, { capabilities }) {
    guarantee(
      "a listing has sessions as they once were, none twice, and only what fits the query",
      async (engine) => {
        const { id: one } = await create(engine, [Message.user("a")], { title: "one", model: "m-1" });
        const { id: two } = await create(engine, [Message.user("b")], { title: "two" });
        const known = withoutBytes((await engine.list({})).sessions);
        await engine.commit(two, { base: 1, set: { title: "two anew" } });
        const sessions = withoutBytes((await engine.list({ mayBeBehind: true })).sessions);
        const ids = sessions.map(({ id }) => id);
        assert.equal(new Set(ids).size, ids.length);
        for (const session of sessions) {
          const before = known.find(({ id }) => id === session.id);
          if (session.revision === 1) assert.deepEqual(session, before);
          else assert.deepEqual([session.id, session.title, session.revision], [two, "two anew", 2]);
        }
        for (const { id } of (await engine.list({ mayBeBehind: true, model: "m-1" })).sessions)
          assert.equal(id, one);
        assert.ok((await engine.list({ mayBeBehind: true, limit: 1 })).sessions.length <= 1);
      },
    );

    guarantee("what is asked for without it is never behind, whatever was asked before", async (engine) => {
      await engine.list({ mayBeBehind: true });
      const { id } = await create(engine, [Message.user("needle")], { title: "one" });
      await engine.list({ mayBeBehind: true });
      const { sessions } = await engine.list({});
      assert.deepEqual(
        sessions.map((session) => session.id),
        [id],
      );
      if (!capabilities.search) return;
      await engine.search({ text: "needle", mayBeBehind: true });
      assert.equal((await engine.search({ text: "needle" })).length, 1);
    });

    guarantee("a search finds what is there, or less", async (engine) => {
      if (!capabilities.search) return;
      const { id } = await create(engine, [Message.user("needle"), Message.user("hay")], { title: "one" });
      const finds = async (): Promise<unknown[]> =>
        (await engine.search({ text: "needle", mayBeBehind: true })).map((hit) => [hit.id, hit.position]);
      const isThere = (found: unknown[]): void => {
        for (const hit of found) assert.deepEqual(hit, [id, 0]);
        assert.ok(found.length <= 1);
      };
      isThere(await finds());
      await engine.search({ text: "needle" });
      isThere(await finds());
    });
  },
};
