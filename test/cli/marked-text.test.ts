import fc from "fast-check";
import { expect, test } from "vitest";
import { cutAround, withMarks } from "../../src/cli/output/marked-text.ts";
import { textWidth } from "../../src/cli/output/text-width.ts";

const set = (text: string): string => `[${text}]`;

test("a text is cut to the width around its first mark", () => {
  const text = `${"before ".repeat(9)}needle${" behind".repeat(9)}`;
  const found = { text, marks: [[63, 69]] as const };
  expect(withMarks(cutAround(found, 24), set)).toBe("…fore [needle] behind beh…");
  expect(withMarks(cutAround({ text: "a\n\n  needle\u001b", marks: [[5, 11]] }, 80), set)).toBe(
    "a [needle]␛",
  );
});

test("it never is wider, and marks stay on their words", () => {
  const piece = fc.constantFrom("a", "日本", "  ", "\n", "e\u0301", "🙂", "\u0007", "long-word");
  const some = fc.array(piece, { maxLength: 20 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(some, some, fc.integer({ min: 8, max: 40 }), (before, behind, width) => {
      const text = `${before}needle${behind}`;
      const cut = cutAround({ text, marks: [[before.length, before.length + 6]] }, width);
      expect(textWidth(cut.text)).toBeLessThanOrEqual(width);
      const [[start, end] = [0, 0]] = cut.marks;
      expect(cut.text.slice(start, end)).toBe("needle");
    }),
  );
});
