import assert from "node:assert/strict";
import type { Chapter } from "../guarantee.ts";
import { append, create, numbered, stored } from "../samples.ts";

/** What is reported differs from engine to engine; that listening disturbs nothing does not. */
export const reports: Chapter = {
  title: "reports",
  guarantees(guarantee) {
    guarantee("any number may listen, and end it in any order, more than once", async (engine) => {
      const ends = Array.from({ length: 3 }, () => engine.subscribe({ report: () => undefined }));
      const { id } = await create(engine, numbered(1));
      for (const end of ends) end();
      for (const end of ends.toReversed()) end();
      await append(engine, id, numbered(1, 2));
      assert.deepEqual((await stored(engine, id)).messages, numbered(2));
    });

    guarantee("a listener may be empty", async (engine) => {
      engine.subscribe({})();
      engine.subscribe({});
      await create(engine);
    });
  },
};
