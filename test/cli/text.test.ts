import { expect, test } from "vitest";
import { tableLines } from "../../src/cli/output/table.ts";
import {
  cutStartToWidth,
  cutToWidth,
  oneLine,
  printable,
  textWidth,
} from "../../src/cli/output/text-width.ts";
import { byteSize, counted, parseDuration, relativeTime } from "../../src/cli/output/units.ts";

test("wide characters and marks", () => {
  expect(textWidth("abc")).toBe(3);
  expect(textWidth("日本")).toBe(4);
  expect(textWidth("e\u0301")).toBe(1);
  expect(textWidth("🙂")).toBe(2);
  expect(cutToWidth("日本語", 5)).toBe("日本…");
  expect(cutToWidth("日本語", 4)).toBe("日…");
  expect(cutToWidth("abc", 3)).toBe("abc");
  expect(cutToWidth("abc", 0)).toBe("");
  expect(cutStartToWidth("/home/dev/project", 8)).toBe("…project");
});

test("nothing stored can command the terminal", () => {
  expect(printable("a\u001b[2Jb\u0000\u007f\u009b31m\r\nc\td")).toBe("a␛[2Jb␀␡\nc\td");
  expect(printable("\u001b[1;38;5;196mred\u001b[0m \u001b]0;t\u0007")).toBe("red ␛]0;t␇");
  expect(printable("\u202egnp.exe")).toBe("\ufffdgnp.exe");
  expect(oneLine("  a\n\n b\u001b ")).toBe("a b␛");
});

test("a table fits the terminal, and is not cut without one", () => {
  const columns = [{ header: "A" }, { header: "B", shrinksTo: 5 }, { header: "N", align: "right" }] as const;
  const rows = [["1", "日本語のとても長いタイトル", "5"]];
  for (const line of tableLines(columns, rows, 20)) expect(textWidth(line)).toBeLessThanOrEqual(20);
  expect(tableLines(columns, rows, undefined)[1]).toBe("1  日本語のとても長いタイトル  5");
  expect(tableLines(columns, rows, 3)[1]).toBe("1  日本…  5");
});

test("durations, times and amounts", () => {
  expect(parseDuration("30d")).toBe(30 * 86_400_000);
  expect(parseDuration("1.5h")).toBe(5_400_000);
  for (const bad of ["30", "d", "-1d", "1s", ""]) expect(() => parseDuration(bad)).toThrow("not a duration");
  const now = new Date("2026-03-01T12:00:00Z");
  const ago = (milliseconds: number): string =>
    relativeTime(new Date(now.getTime() - milliseconds).toISOString(), now);
  expect([ago(0), ago(59_000), ago(60_000), ago(7_200_000), ago(3 * 86_400_000)]).toEqual([
    ...["just now", "just now", "1m ago", "2h ago", "3d ago"],
  ]);
  expect(relativeTime("2020-01-01T12:00:00Z", now)).toBe("2020-01-01");
  expect([0, 999, 1000, 12_345, 999_499, 999_500, 3.4e9].map(byteSize)).toEqual([
    ...["0 B", "999 B", "1.0 kB", "12 kB", "999 kB", "1.0 MB", "3.4 GB"],
  ]);
  expect([counted(1, "session"), counted(1234, "session")]).toEqual(["1 session", "1,234 sessions"]);
});
