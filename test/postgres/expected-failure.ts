import assert from "node:assert/strict";
import { StorageError } from "../../src/session/errors/errors.ts";

export const PATIENCE = 1500;

/**
 * The error of a call that must fail, and not later than it may. It is told by the order in which this process's timers
 * fire, and not by the clock: however busy the machine is, the call's own end is due first.
 */
export async function failure(work: Promise<unknown>, most = PATIENCE + 1500): Promise<StorageError> {
  let isLate = false;
  const timer = setTimeout(() => (isLate = true), most);
  const error = await work.then(
    () => assert.fail("it was expected to fail"),
    (reason: unknown) => reason,
  );
  clearTimeout(timer);
  assert.ok(!isLate, `it took longer than ${most} ms`);
  assert.ok(error instanceof StorageError, String(error));
  return error;
}
