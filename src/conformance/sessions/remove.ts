import assert from "node:assert/strict";
import { newSessionId } from "../../session/session-id.ts";
import { reopen, type Chapter } from "../guarantee.ts";
import {
  append,
  conflict,
  contents,
  create,
  leavesUntouched,
  numbered,
  ranged,
  refusal,
  stored,
} from "../samples.ts";

export const remove: Chapter = {
  title: "remove",
  guarantees(guarantee, { capabilities }) {
    guarantee("a removed session is gone from every verb", async (engine) => {
      const { id } = await create(engine, numbered(2));
      assert.equal(await engine.remove(id), true);
      assert.equal(await engine.read(id), undefined);
      assert.equal(await engine.summary(id), undefined);
      assert.deepEqual(await engine.list({}), { sessions: [], unreadable: [], nextCursor: undefined });
      await refusal(ranged(engine, id), "SESSION_NOT_FOUND");
    });

    guarantee("removing what is not there is no error and says so", async (engine) => {
      assert.equal(await engine.remove(newSessionId()), false);
      const { id } = await create(engine);
      await engine.remove(id);
      assert.equal(await engine.remove(id), false);
    });

    guarantee("the other sessions stay as they are", async (engine) => {
      const { id } = await create(engine, numbered(1));
      const { id: other } = await create(engine, numbered(2));
      await leavesUntouched(engine, other, () => engine.remove(id));
    });

    guarantee("a writer that does not know cannot bring the session back", async (engine) => {
      const { id, committed } = await create(engine, numbered(1));
      await append(engine, id, numbered(1, 2));
      await engine.remove(id);
      const stale = append(engine, id, numbered(1, 3), { base: 2, baseTag: committed.tag });
      assert.equal((await conflict(stale)).currentRevision, 0);
      await refusal(append(engine, id, numbered(1, 3)), "SESSION_NOT_FOUND");
      assert.equal(await engine.read(id), undefined);
    });

    guarantee("the id can be used again, for a session without the old one's past", async (engine) => {
      const { id, committed: old } = await create(engine, numbered(3), { title: "old" }, newSessionId());
      await engine.remove(id);
      const { committed } = await create(engine, numbered(1, 100), {}, id);
      const session = await stored(engine, id);
      assert.deepEqual(contents(session.messages), ["message 100"]);
      assert.equal(session.head.title, null);
      assert.notEqual(committed.tag, old.tag);
      await leavesUntouched(engine, id, async () => {
        const base = committed.revision;
        await refusal(append(engine, id, numbered(1), { base, baseTag: old.tag }), "CONFLICT");
      });
    });

    guarantee("an operation id of the removed session is free again", async (engine) => {
      const { id } = await create(engine);
      await append(engine, id, numbered(1), { operationId: "op" });
      await engine.remove(id);
      await create(engine, [], {}, id);
      const { repeated } = await append(engine, id, numbered(2), { operationId: "op" });
      assert.equal(repeated, false);
      assert.equal((await stored(engine, id)).messages.length, 2);
    });

    if (!capabilities.persistent) return;
    guarantee("a removed session stays removed", async (engine, opened) => {
      const { id } = await create(engine, numbered(1));
      await engine.remove(id);
      const again = await reopen(opened, engine);
      assert.equal(await again.read(id), undefined);
      assert.deepEqual((await again.list({})).sessions, []);
    });

    if (!capabilities.multiProcess) return;
    guarantee("also what another engine removed and created anew has no past", async (engine, opened) => {
      const other = await opened.reopen();
      const { id } = await create(engine, numbered(1));
      for (let round = 0; round < 5; round++) {
        const [mine, theirs] = round % 2 === 0 ? [engine, other] : [other, engine];
        await append(mine, id, numbered(1), { operationId: "op" });
        await theirs.remove(id);
        await create(theirs, numbered(1, round), {}, id);
        await append(theirs, id, numbered(1, 50));
        const { repeated, messageCount } = await append(mine, id, numbered(2, 100), { operationId: "op" });
        assert.deepEqual([repeated, messageCount], [false, 4]);
        const expected = [...numbered(1, round), ...numbered(1, 50), ...numbered(2, 100)];
        assert.deepEqual(contents((await stored(theirs, id)).messages), contents(expected));
        await theirs.remove(id);
        await create(theirs, numbered(1), {}, id);
      }
    });
  },
};
