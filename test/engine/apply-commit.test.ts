import { describe, expect, test } from "vitest";
import { applyCommit, type CurrentSession } from "../../src/engine/apply-commit.ts";
import { EMPTY_HEAD } from "../../src/session/head.ts";
import { Message } from "../../src/session/message.ts";
import { parseSessionId } from "../../src/session/session-id.ts";

// What an engine answers is in the conformance suite; here is what it stores.
const id = parseSessionId("1a2b3c4d-0000-4000-8000-000000000000");
const current: CurrentSession = {
  revision: 4,
  tag: "t",
  head: { ...EMPTY_HEAD, tokenCount: 10 },
  messageCount: 5,
};
const inserted = [Message.user("a"), Message.user("b")];

describe("a splice is resolved against the messages that are there", () => {
  const cases: [splice: [number | "end", number], resolved: [number, number], count: number][] = [
    [["end", 0], [5, 0], 7],
    [["end", 3], [5, 0], 7],
    [[0, 99], [0, 5], 2],
    [[3, 1], [3, 1], 6],
    [[3, 99], [3, 2], 5],
    [[99, 1], [5, 0], 7],
  ];
  test.each(cases)(
    "%j becomes %j, which leaves %d messages",
    ([at, remove], [start, deleteCount], messageCount) => {
      const applied = applyCommit(id, current, { base: 4, splice: [at, remove, inserted] });
      expect(applied).toMatchObject({ revision: 5, start, deleteCount, inserted, messageCount });
    },
  );

  test("no splice removes and inserts nothing", () => {
    const applied = applyCommit(id, current, { base: 4 });
    expect(applied).toMatchObject({
      start: 5,
      deleteCount: 0,
      inserted: [],
      messageCount: 5,
      set: undefined,
    });
    expect(applied.head).toBe(current.head);
  });
});

test("tokens to add become a token count to set, so that a replay needs no arithmetic", () => {
  const { set, head } = applyCommit(id, current, { addTokens: 5, set: { title: "T" } });
  expect(set).toEqual({ title: "T", tokenCount: 15 });
  expect(head).toStrictEqual({ ...EMPTY_HEAD, title: "T", tokenCount: 15 });
  expect(Object.isFrozen(head)).toBe(true);
});
