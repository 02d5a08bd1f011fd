import assert from "node:assert/strict";
import type { StorageEngine } from "../../engine/contract.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { Chapter } from "../guarantee.ts";
import { append, create, numbered } from "../samples.ts";

/** Whoever has not noticed a change by then never will, however busy the machine is, in milliseconds. */
const PATIENCE = 40_000;

/** Of a commit that is brought in from elsewhere. */
const LONG_AGO = "2020-02-02T02:02:02.000Z";

/** Makes a change when the watching has begun; resolves when it is noticed: the session is named behind it, or any. */
async function isNoticed(
  engine: StorageEngine,
  id: SessionId,
  change: () => Promise<unknown>,
): Promise<void> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE);
  let hasBegun = false;
  for await (const hint of engine.changes(stop.signal)) {
    if (hasBegun && (hint === undefined || hint === id)) break;
    if (hasBegun) continue;
    hasBegun = true;
    await change();
  }
  clearTimeout(timer);
  assert.ok(hasBegun, "there was no first hint");
  assert.ok(!stop.signal.aborted, "the change was not noticed");
}

export const changes: Chapter = {
  title: "changes",
  guarantees(guarantee) {
    guarantee("a commit and a removal are noticed", async (engine) => {
      const { id } = await create(engine, numbered(1));
      await isNoticed(engine, id, () => append(engine, id, numbered(1)));
      await isNoticed(engine, id, () => append(engine, id, numbered(1), { at: LONG_AGO }));
      await isNoticed(engine, id, () => engine.remove(id));
    });

    guarantee("watching ends with the signal", async (engine) => {
      const stop = new AbortController();
      const hints = engine.changes(stop.signal)[Symbol.asyncIterator]();
      assert.notEqual((await hints.next()).done, true);
      const ended = (async () => {
        while ((await hints.next()).done !== true);
      })();
      stop.abort();
      await ended;
      for await (const _ of engine.changes(AbortSignal.abort())) assert.fail("the signal was aborted before");
    });
  },
};
