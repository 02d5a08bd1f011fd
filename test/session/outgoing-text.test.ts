import { expect, test } from "vitest";
import { jsonText } from "../../src/session/json/json.ts";
import {
  characterStart,
  charactersOf,
  cutText,
  wellFormed,
  wellFormedJson,
} from "../../src/session/json/outgoing-text.ts";

const FAMILY = "👨‍👩‍👧‍👦";

test("what leaves is well-formed, keys too; what is well-formed is the value itself", () => {
  const value = { "a\ud83d": ["\udc00b", { deep: "c \\ud83d \u2028 😀" }], n: 1 };
  expect(wellFormed(value)).toEqual({ "a\ufffd": ["\ufffdb", { deep: "c \\ud83d \u2028 😀" }], n: 1 });
  const sound = { a: ["😀", FAMILY] };
  expect(wellFormed(sound)).toBe(sound);
  expect(wellFormed("x\ud83d")).toBe("x\ufffd");
});

test("JSON text: halves of pairs become U+FFFD; a backslash before the letters stays one", () => {
  for (const text of ["\ud83d", "\\\ud83d", "\\ud83d", "\\\\ud83d", "\udc00\ud83d", '"\ud83d"', "\u0001😀"]) {
    const json = wellFormedJson(jsonText([text]));
    expect(json.includes("\\ud") && !text.includes("\\ud"), text).toBe(false);
    expect(JSON.parse(json), text).toEqual([text.toWellFormed()]);
  }
});

test("a cut lies between characters as people see them, wherever it is asked for", () => {
  const text = `e\u0301 ${FAMILY} 🇩🇪🇫🇷 \r\n ä`;
  const starts = new Set([0]);
  let at = 0;
  for (const character of charactersOf(text)) starts.add((at += character.length));
  for (let asked = 0; asked <= text.length; asked++) {
    const start = characterStart(text, asked);
    expect(starts.has(start), `${asked} → ${start}`).toBe(true);
    expect(start).toBeLessThanOrEqual(asked);
    expect([...starts].filter((one) => one > start && one <= asked)).toEqual([]);
  }
  expect(cutText(`${"x".repeat(198)}${FAMILY}`, 200)).toBe(`${"x".repeat(198)}…`);
  expect(cutText(FAMILY, FAMILY.length)).toBe(FAMILY);
});

test("marks upon marks without an end are cut all the same, between code points", () => {
  const text = `a${"\u0301".repeat(10_000)}`;
  expect(characterStart(text, 5_000)).toBe(5_000);
  expect(characterStart(`${FAMILY}${"\u{e0101}".repeat(1_000)}`, 900) % 2).toBe(FAMILY.length % 2);
});
