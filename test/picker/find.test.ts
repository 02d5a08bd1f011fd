import { readingLines } from "../../src/cli/reading/conversation.ts";
import { expect, test } from "vitest";
import { atFind, withWords, wordsOf } from "../../src/cli/picker/reader-find.ts";
import { linesOf, type ReaderState } from "../../src/cli/picker/reader-state.ts";
import { Message } from "../../src/index.ts";
import { idOf, press, session, stateOf } from "./sessions.ts";

const SIZE = { columns: 60, rows: 12 };

function reader(messages: readonly Message[], more: Partial<ReaderState> = {}): ReaderState {
  return {
    ...{ summary: session(1), messages: messages.map((message, position) => ({ position, message })) },
    ...{ count: messages.length, top: 0, tools: "short", thinking: true, colour: false },
    ...{ sought: [], found: undefined, typing: undefined, isHelp: false },
    linesOf: readingLines,
    ...more,
  };
}

test("what is looked for in a conversation are the query's words, without what narrows it", () => {
  expect(wordsOf('agent:claude Login "the Exact words" pars* date:<2d', new Date())).toEqual([
    "login",
    "the exact words",
    "pars",
  ]);
  expect(wordsOf("", new Date())).toEqual([]);
});

test("words are marked where they stand, whatever colours lie across them", () => {
  expect(withWords("  A needle, NEEDLES", ["needle"], true)).toBe(
    "  A \u001b[7mneedle\u001b[27m, \u001b[7mNEEDLE\u001b[27mS",
  );
  expect(withWords("x \u001b[1mnee\u001b[0mdle\u001b[2m y\u001b[0m", ["needle"], true)).toBe(
    "x \u001b[1m\u001b[7mnee\u001b[0m\u001b[7mdle\u001b[2m\u001b[7m\u001b[27m y\u001b[0m",
  );
  // Without colours a sign stands in front.
  expect(withWords("  a needle", ["needle"], false)).toBe("> a needle");
  expect(withWords("  hay", ["needle"], true)).toBe("  hay");
});

test("a find is opened at its line; what tools answered is opened when it stands there", () => {
  const long = Array.from({ length: 60 }, (_, index) => (index === 40 ? "the needle" : `line ${index}`)).join(
    "\n\n",
  );
  const call = { type: "tool_use", id: "c", name: "Bash", input: { command: "ls" } };
  const result = { type: "tool_result", tool_use_id: "c", content: long };
  const messages = [
    Message.user("x"),
    Message.assistant(long),
    Message.from({ role: "assistant", content: [call] }),
    Message.from({ role: "user", content: [result] }),
  ];
  for (const [position, tools] of [
    [1, "short"],
    [3, "full"],
  ] as const) {
    const found = atFind(reader(messages, { sought: ["needle"] }), SIZE, position);
    expect(found).toMatchObject({ tools, found: position });
    const shown = linesOf(found, SIZE.columns).slice(found.top, found.top + 10);
    expect(shown.map(({ text }) => text).join("\n")).toContain("the needle");
  }
});

test("n finds on from the last find while it is on the screen, N back, else from what is on top", () => {
  const messages = Array.from({ length: 40 }, (_, index) => Message.user(`prompt ${index}`));
  const shown = reader(messages, { sought: ["prompt"], found: 1 });
  const state = { ...stateOf([session(1)], SIZE), mode: { kind: "reader" as const, reader: shown } };
  const find = { do: "find", words: ["prompt"] };
  expect(press(state, "n").effects).toContainEqual({ ...find, from: 1, step: 1 });
  expect(press(state, "N").effects).toContainEqual({ ...find, from: 1, step: -1 });
  const away = press(state, ...Array.from({ length: 4 }, () => " ")).state;
  expect(press(away, "N").effects).not.toContainEqual({ ...find, from: 1, step: -1 });
  const none = { ...state, mode: { kind: "reader" as const, reader: reader(messages) } };
  expect(press(none, "n").effects).toEqual([]);
});

test("export asks for the format, and the conversation stays where it is", () => {
  const shown = reader([Message.user("x")]);
  const state = { ...stateOf([session(1)], SIZE), mode: { kind: "reader" as const, reader: shown } };
  const asked = press(state, "e");
  expect([asked.state.mode.kind, asked.effects]).toEqual(["export", []]);
  expect(press(asked.state, "m").effects).toEqual([{ do: "export", ids: [idOf(1)], format: "md" }]);
  expect(press(asked.state, "m").state.mode).toEqual(state.mode);
  expect(press(asked.state, "q")).toMatchObject({ effects: [], state: { mode: { kind: "reader" } } });
});
