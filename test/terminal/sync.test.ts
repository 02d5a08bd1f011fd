import { describe, expect, test } from "vitest";
import { textWidth } from "../../src/cli/output/text-width.ts";
import { agentHome, id } from "../sync/home.ts";
import { hasTerminal, Terminal } from "./terminal.ts";

const place = agentHome();

describe.skipIf(!hasTerminal)("sync in a terminal", () => {
  test.each([140, 80])("at %d columns the first look has no line that is broken", async (columns) => {
    place.claude(id(1), ["a prompt"], { daysOld: 29 });
    const terminal = Terminal.open(place.store, { columns }, { HOME: place.home });
    terminal.type("astrid-sessions sync", "Enter");
    const lines = await terminal.until(/Bring them in/);
    for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(columns);
    expect(lines.some((line) => /^Claude Code .* 1 {2}.* 1 {2}/.test(line))).toBe(true);
    expect(lines.some((line) => line.includes("after 30 days"))).toBe(true);
    expect(lines.some((line) => line.includes("1 more within a week"))).toBe(true);
    expect(lines.some((line) => /^Claude Code deletes after 30 days$/.test(line))).toBe(columns === 80);
  });
});
