import assert from "node:assert/strict";
import { newSessionId } from "../../session/session-id.ts";
import type { Chapter } from "../guarantee.ts";
import { append, create, leavesUntouched, numbered, refusal } from "../samples.ts";

export const verify: Chapter = {
  title: "verify and repair",
  guarantees(guarantee) {
    guarantee("a sound session is found sound, and is left as it is", async (engine) => {
      const { id } = await create(engine, numbered(2));
      await append(engine, id, numbered(1, 3));
      await leavesUntouched(engine, id, async () => {
        const verification = await engine.verify(id);
        assert.deepEqual(verification, { id, state: "ok", revision: 2, messageCount: 3, findings: [] });
      });
    });

    guarantee("repairing a sound session does nothing", async (engine) => {
      const { id } = await create(engine, numbered(2));
      await leavesUntouched(engine, id, async () => {
        assert.deepEqual(await engine.repair(id), { id, actions: [], lostRevisions: 0 });
      });
    });

    guarantee("a session that is not there is refused", async (engine) => {
      await refusal(engine.verify(newSessionId()), "SESSION_NOT_FOUND");
      await refusal(engine.repair(newSessionId()), "SESSION_NOT_FOUND");
    });
  },
};
