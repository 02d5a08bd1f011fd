import assert from "node:assert/strict";
import { test } from "vitest";
import { failureOf, NotReadyError, sqlstateOf } from "../../src/engine/postgres/connection/failure.ts";

const error = (code: string, more: object = {}): Error => Object.assign(new Error("x"), { code, ...more });

test("a code of the system is not taken for one of the server, of which nothing was stored", () => {
  for (const code of ["EPIPE", "EBADF", "EBUSY", "EPERM"]) {
    assert.equal(sqlstateOf(error(code)), undefined, code);
    assert.equal(failureOf(error(code)).outcome, "unknown", code);
  }
});

test("a code of the server is, whatever driver it came by", () => {
  for (const code of ["57P01", "XX000", "0A000", "P0001", "HV00P"]) {
    assert.equal(sqlstateOf(error(code)), code);
    assert.equal(sqlstateOf(error(code, { severity: "ERROR" })), code);
  }
  assert.equal(sqlstateOf(error("E0001", { severity: "ERROR" })), "E0001");
});

test("when the time is over within a try, what the server answered to the one before is told", () => {
  const notReady = new NotReadyError(700);
  assert.equal(failureOf(notReady).code, "TIMED_OUT");
  assert.equal(failureOf(notReady.because(error("53300"))).code, "UNAVAILABLE");
  assert.equal(failureOf(notReady.because(error("28P01"))).code, "PERMISSION_DENIED");
  // Nobody answered: whether there is a server is not known.
  assert.equal(failureOf(notReady.because(new Error("no answer"))).code, "TIMED_OUT");
  assert.equal(failureOf(notReady.because(error("53300"))).outcome, "not-stored");
});
