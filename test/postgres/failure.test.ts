import assert from "node:assert/strict";
import { test } from "vitest";
import { failureOf, sqlstateOf } from "../../src/engine/postgres/connection/failure.ts";

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
