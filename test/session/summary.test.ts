import { expect, test } from "vitest";
import { InvalidSessionIdError } from "../../src/session/errors/errors.ts";
import { isSessionId, newSessionId, parseSessionId } from "../../src/session/session-id.ts";
import { displayTitle } from "../../src/session/summary/summary.ts";

const id = parseSessionId("1a2b3c4d-0000-4000-8000-000000000000");

test("the display title is the title, or Session and the id's first eight digits", () => {
  expect(displayTitle({ id, title: "A title" })).toBe("A title");
  expect(displayTitle({ id, title: null })).toBe("Session 1a2b3c4d");
  expect(displayTitle({ id, title: "" })).toBe("");
});

test("new ids are ids, and differ", () => {
  const ids = Array.from({ length: 100 }, newSessionId);
  expect(ids.every(isSessionId)).toBe(true);
  expect(new Set(ids).size).toBe(100);
});

const notIds = [
  ...[
    "",
    "1a2b3c4d",
    "1A2B3C4D-0000-4000-8000-000000000000",
    `${id}\n`,
    ` ${id}`,
    `${id}0`,
    `../${id}`,
    `${id}\u0000`,
  ],
  ...["1a2b3c4d000040008000000000000000", "{1a2b3c4d-0000-4000-8000-000000000000}", null, undefined, 5, [id]],
];
test.each(notIds)("%j is not an id", (text) => {
  expect(isSessionId(text)).toBe(false);
  expect(() => parseSessionId(text)).toThrow(InvalidSessionIdError);
});
