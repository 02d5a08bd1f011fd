import { expect, test } from "vitest";
import { holdNothingUp, LONGEST_BLOCK } from "../big/held-up.ts";
import { temporaryDirectory } from "./temporary-store.ts";

/** `npm run test:big` does the same with a session that is five times larger. */
const BYTES = 30e6;

// Noise of a busy machine passes; what holds up the process does so every time.
test("nothing that is done with a large session holds up the process for long", { retry: 3 }, async () => {
  const steps = await holdNothingUp(temporaryDirectory(), BYTES);
  expect(steps.length).toBeGreaterThan(30);
  expect(steps.filter(({ what }) => what.endsWith("verify")).map(({ result }) => result)).toEqual([
    "ok",
    "ok",
  ]);
  for (const { what, isLimit, block, collection } of steps) {
    if (!isLimit) expect(block, `${what}: ms`).toBeLessThan(LONGEST_BLOCK + collection);
  }
});
