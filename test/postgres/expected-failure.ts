import assert from "node:assert/strict";
import { StorageError } from "../../src/session/errors/errors.ts";

export const PATIENCE = 1500;

/** The error of a call that must fail, and not later than it may. */
export async function failure(work: Promise<unknown>, most = PATIENCE + 1500): Promise<StorageError> {
  const began = performance.now();
  const error = await work.then(
    () => assert.fail("it was expected to fail"),
    (reason: unknown) => reason,
  );
  const took = performance.now() - began;
  assert.ok(took < most, `it took ${Math.round(took)} ms`);
  assert.ok(error instanceof StorageError, String(error));
  return error;
}
