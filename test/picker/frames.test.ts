import fc from "fast-check";
import { expect, test } from "vitest";
import { readingLines } from "../../src/cli/reading/conversation.ts";
import { frameOf, type Paint } from "../../src/cli/picker/frame.ts";
import { withFinds } from "../../src/cli/picker/happenings.ts";
import { at, linesOf, type ReaderState } from "../../src/cli/picker/reader-state.ts";
import type { PickerState } from "../../src/cli/picker/state.ts";
import { textWidth } from "../../src/cli/output/text-width.ts";
import { Message } from "../../src/index.ts";
import { idOf, press, session, stateOf } from "./sessions.ts";

const plain: Paint = (_, text) => text;
const WIDE = "日本語のタイトル🙂 e\u0301\u001b[31m red\u0007";

function reader(count: number, more: Partial<ReaderState> = {}): ReaderState {
  const messages = Array.from({ length: count }, (_, position) => ({
    position,
    message:
      position % 2 === 0
        ? Message.user(`prompt ${position} ${WIDE}`)
        : Message.assistant(`answer ${position}`),
  }));
  return {
    ...{ summary: session(1), messages, count, top: 0, tools: "short", thinking: true, colour: false },
    ...{ sought: [], found: undefined, typing: undefined, isHelp: false },
    linesOf: readingLines,
    ...more,
  };
}

function reading(state: PickerState, shown: ReaderState): PickerState {
  return { ...state, mode: { kind: "reader", reader: shown } };
}

test.each([20, 40, 80, 140])(
  "at %d columns a frame is as high as the screen and no line wider",
  (columns) => {
    const texts = fc.constantFrom("x", WIDE, "a title that goes on and on ".repeat(8), "");
    const row = fc.record({
      title: texts,
      workspacePath: fc.option(texts),
      source: texts,
      lastMessagePreview: texts,
    });
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 30 }),
        fc.integer({ min: 3, max: 30 }),
        texts,
        (rows, height, query) => {
          const sessions = rows.map((more, index) => session(index, more));
          const state = stateOf(sessions, { columns, rows: height });
          const typed = { ...state, query };
          const hits = sessions.map(({ id }) => ({
            id,
            title: null,
            position: 3,
            role: "user",
            snippet: WIDE,
            marks: [[0, 2]],
            updatedAt: "",
          }));
          const states = [
            state,
            typed,
            withFinds(typed, { query, hits: hits as never }),
            press(state, "?").state,
            press(state, "return").state,
            press(state, "ctrl-t", "日本語".repeat(30)).state,
            { ...state, message: WIDE.repeat(9), activity: "indexing 1 of 20000" },
            reading(state, reader(5)),
            reading(state, reader(5, { typing: "日本語".repeat(30) })),
            reading(state, reader(0, { isHelp: true })),
            reading(state, reader(5, { sought: ["prompt", "日本"] })),
            press(reading(state, reader(5)), "e").state,
          ];
          for (const one of states) {
            const lines = frameOf(one, plain);
            expect(lines).toHaveLength(height);
            for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(columns);
          }
        },
      ),
      { numRuns: 40 },
    );
  },
);

test("a row tells age, agent, project and title; in a narrow window age and title", () => {
  const sessions = [
    session(2, { title: "The parser", workspacePath: "/home/a/app" }),
    session(3, { parentId: idOf(2) }),
  ];
  expect(frameOf(stateOf(sessions), plain)[2]?.trimEnd()).toBe(
    "›   2h  claude-code  app           ▸ The parser",
  );
  const tree = stateOf([session(2, { title: "The parser", workspacePath: "/home/a/trees/1" })]);
  expect(frameOf(tree, plain)[2]?.trimEnd()).toBe("›   2h  claude-code  trees/1       The parser");
  const narrow = frameOf(stateOf(sessions, { columns: 40, rows: 20 }), plain);
  expect(narrow[2]?.trimEnd()).toBe("›   2h  ▸ The parser");
});

test("in 40 columns a reason is read whole, and keys are cut nowhere", () => {
  const state = stateOf([session(1)], { columns: 40, rows: 24 });
  const reason =
    "Claude Code finds a session only in its own directory, and /home/me/gone/app is gone. Put it back.";
  const said = frameOf({ ...state, message: reason }, plain).map((line) => line.trimEnd());
  expect(said.slice(-3).join(" ")).toBe(reason);
  expect(said[0]).toMatch(/^> type to filter/);
  expect(frameOf(state, plain).at(-1)).toBe("Enter resume · ? keys · Esc quit");
  for (const one of [press(state, "?").state, reading(state, reader(0, { isHelp: true }))]) {
    const keys = frameOf(one, plain);
    expect(keys.join("\n")).not.toContain("…");
    expect(keys.at(-1)).toBe("any key goes back");
  }
});

test("a wide row has the branch, and a row of any width whose turn it is", () => {
  const sessions = [
    session(2, { title: "The parser", workspacePath: "/home/a/app", branch: "fix/rounding" }),
  ];
  const row = (columns: number): string | undefined => {
    const state = stateOf(sessions, { columns, rows: 20 });
    return frameOf({ ...state, turns: new Map([[idOf(2), "yours"]]) }, plain)[2]?.trimEnd();
  };
  expect(row(140)).toBe("›   2h  claude-code  app                 fix/rounding    [your turn] The parser");
  expect(row(80)).toBe("›   2h  claude-code  app           [your turn] The parser");
  expect(row(40)).toBe("›   2h  [your turn] The parser");
});

test("the preview shows the find", () => {
  const state = { ...stateOf([session(1)]), query: "needle" };
  const hit = {
    id: idOf(1),
    title: null,
    position: 12,
    role: "user",
    snippet: "a needle",
    marks: [[2, 8]],
    updatedAt: "",
  };
  const found = withFinds(state, { query: "needle", hits: [hit] as never });
  const lines = frameOf(found, (look, text) => (look === "found" ? `<${text}>` : text));
  expect(lines).toContain("#12 a <needle>");
});

test("the reader goes from prompt to prompt and message to message, keeps its place, and asks for more at an end", () => {
  const state = reading(stateOf([session(1)], { columns: 80, rows: 12 }), reader(40, { count: 100 }));
  const top = (of: PickerState): string => frameOf(of, plain)[1] ?? "";
  const next = press(state, "J").state;
  expect(top(next)).toMatch(/^You .*#2$/);
  expect(top(press(next, "J", "J", "K").state)).toMatch(/^You .*#4$/);
  expect(top(press(next, "]").state)).toMatch(/^Claude .*#3$/);
  expect(top(press(next, "t", "t", "T").state)).toMatch(/^You .*#2$/);
  const { effects } = press(state, ...Array.from({ length: 30 }, () => " "));
  expect(effects.at(-1)).toEqual({ do: "load", from: 40 });
  expect(press(next, "/", "needle", "return").effects).toContainEqual({
    do: "find",
    words: ["needle"],
    from: 1,
    step: 1,
  });
  expect(press(next, "y").effects).toContainEqual({ do: "copy", text: `${idOf(1)}:2` });
  expect(press(next, "q").state.mode.kind).toBe("list");
  expect(press(next, "escape").state.mode.kind).toBe("list");
});

test("tools are off, short, or full; a place whose message shows nothing is the next that does", () => {
  const call = { type: "tool_use", id: "1", name: "Bash", input: { command: "ls" } };
  const result = {
    type: "tool_result",
    tool_use_id: "1",
    content: Array.from({ length: 40 }, (_, n) => `line ${n}`).join("\n"),
  };
  const messages = [
    Message.user("go"),
    Message.from({ role: "assistant", content: [call] }),
    Message.from({ role: "user", content: [result] }),
    Message.assistant("done"),
  ].map((message, position) => ({ position, message }));
  const of = reader(0, { messages, count: 4 });
  const counts = (["off", "short", "full"] as const).map((tools) => linesOf({ ...of, tools }, 80).length);
  expect(counts[0]).toBeLessThan(counts[1] ?? 0);
  expect(counts[1]).toBeLessThan(counts[2] ?? 0);
  const placed = at({ ...of, tools: "off" }, { columns: 80, rows: 4 }, 1);
  expect(linesOf(placed, 80)[placed.top]?.position).toBe(3);
});
