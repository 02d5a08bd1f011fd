import assert from "node:assert/strict";
import type { StorageEngine } from "../engine/contract.ts";
import type { SessionId } from "../session/session-id.ts";
import type { Chapter } from "./guarantee.ts";
import { append, create, later, numbered } from "./samples.ts";

/** Longer than the second that a change may take to show. */
const PATIENCE = 3000;

/** Of a commit that is brought in from elsewhere. */
const LONG_AGO = "2020-02-02T02:02:02.000Z";

/** Resolves when `changes` has named the session, or any, since `change` began. */
async function isNoticed(
  engine: StorageEngine,
  id: SessionId,
  change: () => Promise<unknown>,
): Promise<void> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE);
  let hasBegun = false;
  const changed = later().then(() => {
    hasBegun = true;
    return change();
  });
  for await (const hint of engine.changes(stop.signal)) {
    if (hasBegun && (hint === undefined || hint === id)) break;
  }
  await changed;
  clearTimeout(timer);
  assert.ok(!stop.signal.aborted, "the change was not noticed");
}

export const changes: Chapter = {
  title: "changes",
  guarantees(guarantee) {
    guarantee("a commit and a removal are noticed within a second", async (engine) => {
      const { id } = await create(engine, numbered(1));
      await isNoticed(engine, id, () => append(engine, id, numbered(1)));
      await isNoticed(engine, id, () => append(engine, id, numbered(1), { at: LONG_AGO }));
      await isNoticed(engine, id, () => engine.remove(id));
    });

    guarantee("watching ends with the signal, at once", async (engine) => {
      const stop = new AbortController();
      const timer = setTimeout(() => stop.abort(), 20);
      let hints = 0;
      for await (const _ of engine.changes(stop.signal)) hints++;
      clearTimeout(timer);
      assert.ok(stop.signal.aborted && hints < 1000);
      for await (const _ of engine.changes(AbortSignal.abort())) assert.fail("the signal was aborted before");
    });
  },
};
