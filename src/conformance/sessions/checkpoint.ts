import assert from "node:assert/strict";
import { newSessionId } from "../../session/session-id.ts";
import { reopen, type Chapter } from "../guarantee.ts";
import { append, create, leavesUntouched, numbered, refusal, stored } from "../samples.ts";

export const checkpoint: Chapter = {
  title: "checkpoint",
  guarantees(guarantee, { capabilities }) {
    guarantee("it changes nothing that a caller sees, and may be repeated", async (engine) => {
      const { id } = await create(engine, numbered(3));
      await append(engine, id, numbered(1, 4));
      const before = await stored(engine, id);
      await engine.checkpoint(id);
      await engine.checkpoint(id);
      assert.deepEqual(await stored(engine, id), before);
      const { revision, tag: baseTag } = before;
      await append(engine, id, numbered(1, 5), { base: revision, baseTag });
      assert.deepEqual((await stored(engine, id)).messages, numbered(5));
    });

    guarantee("a session that is not there is refused", async (engine) => {
      await refusal(engine.checkpoint(newSessionId()), "SESSION_NOT_FOUND");
      const { id } = await create(engine, numbered(1));
      await engine.remove(id, { trash: capabilities.trash });
      await refusal(engine.checkpoint(id), "SESSION_NOT_FOUND");
      if (!capabilities.trash) return;
      await engine.restore(id);
      await engine.checkpoint(id);
      assert.deepEqual((await stored(engine, id)).messages, numbered(1));
    });

    guarantee("commits beside it are neither lost nor refused", async (engine) => {
      const { id } = await create(engine, numbered(1));
      for (let round = 0; round < 10; round++) {
        await Promise.all([append(engine, id, numbered(1, round + 2)), engine.checkpoint(id)]);
      }
      assert.deepEqual((await stored(engine, id)).messages, numbered(11));
    });

    guarantee("other sessions stay as they are", async (engine) => {
      const { id } = await create(engine, numbered(1));
      const { id: other } = await create(engine, numbered(2));
      await leavesUntouched(engine, other, () => engine.checkpoint(id));
    });

    if (!capabilities.persistent) return;
    guarantee("what was committed before and after it is there again", async (engine, opened) => {
      const { id } = await create(engine, numbered(2));
      await engine.checkpoint(id);
      await append(engine, id, numbered(2, 3));
      const before = await stored(engine, id);
      const again = await reopen(opened, engine);
      assert.deepEqual(await stored(again, id), before);
    });
  },
};
