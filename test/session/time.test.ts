import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isStoredTime, isTime, timeMs } from "../../src/session/time.ts";

/** What Astrid's reader makes of them stands in test/astrid, where it is asked. */
const READ: [text: string, same: string][] = [
  ["2024-01-01T00:00:00Z", "2024-01-01T00:00:00.000Z"],
  ["2024-01-01t00:00:00.123456789z", "2024-01-01T00:00:00.123Z"],
  ["2024-01-01 12:00:00+02:00", "2024-01-01T10:00:00.000Z"],
  ["2024-01-01T00:00:00-0130", "2024-01-01T01:30:00.000Z"],
  ["2024-01-01T00:00:00 UTC", "2024-01-01T00:00:00.000Z"],
  [" 2024 - 1-1T0 :0: 0 Z ", "2024-01-01T00:00:00.000Z"],
  ["2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"],
  ["2016-12-31T23:59:60.5Z", "2017-01-01T00:00:00.500Z"],
  ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"],
  ["0099-01-01T00:00:00Z", "0099-01-01T00:00:00.000Z"],
  ["-0001-01-01T00:00:00Z", "-000001-01-01T00:00:00.000Z"],
  ["+12345-01-01T00:00:00Z", "+012345-01-01T00:00:00.000Z"],
  ["+262142-12-31T23:59:59Z", "+262142-12-31T23:59:59.000Z"],
];
const REFUSED = [
  ...["", "yesterday", "2024-01-01", "2024-01-01T00:00:00", "2024-01-01T00:00Z", "2024-01-01T00:00:00,5Z"],
  ...["2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2024-04-31T00:00:00Z"],
  ...["2024-00-01T00:00:00Z", "2024-13-01T00:00:00Z", "2024-01-00T00:00:00Z", "2024-01-01T24:00:00Z"],
  ...["2024-01-01T00:60:00Z", "2016-12-31T23:59:61Z", "2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00+01"],
  ...["12345-01-01T00:00:00Z", "+262143-01-01T00:00:00Z", "-262144-01-01T00:00:00Z", "2024-01-01T00:00:00.Z"],
];

test.each(READ)("%j is a time", (text, same) => {
  expect(isTime(text)).toBe(true);
  expect(new Date(timeMs(text)).toISOString()).toBe(same);
});

test.each(REFUSED)("%j is none", (text) => {
  expect(isTime(text)).toBe(false);
});

test("a plain time is what it is in any other form, and no time where that is none", () => {
  const two = (number: number): string => String(number).padStart(2, "0");
  const part = fc.integer({ min: 0, max: 61 }).map(two);
  const month = fc.integer({ min: 0, max: 13 }).map(two);
  const day = fc.integer({ min: 0, max: 32 }).map(two);
  const year = fc.integer({ min: 0, max: 9999 }).map((number) => String(number).padStart(4, "0"));
  const decimals = fc.integer({ min: 0, max: 999 }).map((number) => String(number).padStart(3, "0"));
  fc.assert(
    fc.property(year, month, day, part, part, part, decimals, (y, mo, d, h, mi, s, ms) => {
      const text = `${y}-${mo}-${d}T${h}:${mi}:${s}.${ms}Z`;
      const same = `${y}-${mo}-${d} ${h}:${mi}:${s}.${ms}+00:00`;
      expect(isTime(text)).toBe(isTime(same));
      if (isTime(text)) expect(timeMs(text)).toBe(timeMs(same));
    }),
    { numRuns: 2000 },
  );
});

describe("a time that an earlier version stored", () => {
  test("counts as it did", () => {
    expect(isStoredTime("2024-02-30T00:00:00Z")).toBe(true);
    expect(new Date(timeMs("2024-02-30T00:00:00Z")).toISOString()).toBe("2024-03-01T00:00:00.000Z");
  });

  test("was no other text", () => {
    for (const text of ["", "yesterday", "2024-13-01T00:00:00Z"]) expect(isStoredTime(text)).toBe(false);
  });
});
