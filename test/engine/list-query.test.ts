import { expect, test } from "vitest";
import type { MessageRange } from "../../src/engine/contract.ts";
import { pageOf, rangeOf } from "../../src/engine/list-query.ts";
import { InvalidArgumentError } from "../../src/session/errors/errors.ts";

// What a listing answers is in the conformance suite, to which a cursor is opaque; here are cursors that look right.
const forged = [
  ["updated"],
  ["updated", 0],
  ["updated", "0", "1a2b3c4d-0000-4000-8000-000000000000"],
  ["updated", null, "1a2b3c4d-0000-4000-8000-000000000000"],
  ["updated", 0, "x"],
  { 0: "updated", 1: 0, 2: "1a2b3c4d-0000-4000-8000-000000000000" },
];
test.each(forged.map((content) => [content]))("a cursor of %j is refused", (content) => {
  const cursor = Buffer.from(JSON.stringify(content)).toString("base64url");
  expect(() => pageOf([], { cursor })).toThrow(InvalidArgumentError);
});

const ranges: [range: MessageRange, start: number, end: number][] = [
  [{}, 0, 5],
  [{ from: 2, to: 4 }, 2, 4],
  [{ from: 9, to: 99 }, 5, 5],
  [{ from: 4, to: 2 }, 2, 2],
  [{ to: 99, reverse: true }, 0, 5],
  [{ limit: 2 }, 0, 2],
  [{ limit: 2, reverse: true }, 3, 5],
  [{ from: 4, limit: 3, reverse: true }, 4, 5],
  [{ limit: 0, reverse: true }, 5, 5],
];
test.each(ranges)("of five messages, the range %j is what stands from %d up to %d", (range, start, end) => {
  expect(rangeOf(range, 5)).toEqual({ start, end, reverse: range.reverse ?? false });
});
