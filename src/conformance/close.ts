import assert from "node:assert/strict";
import { reopen, type Chapter } from "./guarantee.ts";
import { append, create, numbered, ranged, refusal, stored } from "./samples.ts";

export const close: Chapter = {
  title: "close",
  guarantees(guarantee, { capabilities }) {
    guarantee("it may be called again, and on an engine that was never used", async (engine) => {
      await engine.close();
      await engine.close();
    });

    guarantee("a commit that is under way is finished", async (engine, opened) => {
      const { id } = await create(engine);
      const underWay = append(engine, id, numbered(1));
      await engine.close();
      assert.equal((await underWay).revision, 2);
      if (!capabilities.persistent) return;
      assert.deepEqual((await stored(await opened.reopen(), id)).messages, numbered(1));
    });

    guarantee("a closed engine refuses every verb", async (engine) => {
      const { id } = await create(engine, numbered(1));
      await engine.close();
      await refusal(append(engine, id, numbered(1)), "STORE_CLOSED");
      await refusal(engine.read(id), "STORE_CLOSED");
      await refusal(ranged(engine, id), "STORE_CLOSED");
      await refusal(engine.summary(id), "STORE_CLOSED");
      await refusal(engine.list({}), "STORE_CLOSED");
      await refusal(engine.remove(id), "STORE_CLOSED");
      await refusal(engine.checkpoint(id), "STORE_CLOSED");
      await refusal(engine.verify(id), "STORE_CLOSED");
    });

    if (!capabilities.persistent) return;
    guarantee("what a closed engine refused is not stored", async (engine, opened) => {
      const { id } = await create(engine, numbered(1));
      await engine.close();
      await refusal(append(engine, id, numbered(1, 2)), "STORE_CLOSED");
      assert.deepEqual((await stored(await reopen(opened, engine), id)).messages, numbered(1));
    });
  },
};
