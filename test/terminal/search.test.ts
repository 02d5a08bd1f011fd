import { describe, expect, test } from "vitest";
import { textWidth } from "../../src/cli/output/text-width.ts";
import { directory, ONE, save, TWO } from "../cli/place.ts";
import { hasTerminal, Terminal } from "./terminal.ts";

const LONG = `${"日本語 before ".repeat(12)}the needle ${"and behind ".repeat(12)}`;

describe.skipIf(!hasTerminal)("search in a terminal", () => {
  test.each([140, 80, 40])("at %d columns each find is one line, with its word", async (columns) => {
    await save(ONE, "A title that is a good deal longer than forty columns are", [LONG, "no", LONG]);
    await save(TWO, "needle", ["nothing"]);
    const terminal = Terminal.open(directory, { columns });
    terminal.type("astrid-sessions search needle; echo done", "Enter");
    const lines = await terminal.until((screen) => screen.includes("done"));
    for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(columns);
    const shown = lines.slice(
      lines.findIndex((line) => /^aaaa/.test(line)),
      lines.indexOf("done"),
    );
    const finds = shown.filter((line) => /^ {2}aaaa1111:[02] {2}you .*needle/.test(line));
    expect(finds).toHaveLength(2);
    // Two sessions with two lines each, an empty one between, and the two finds.
    expect(shown.length, lines.join("\n")).toBe(7);
    // The word is set off from what is before it.
    expect(terminal.colours()).toContain("31mneedle");
  });
});
