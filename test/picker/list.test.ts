import { expect, test } from "vitest";
import { withFinds, withSession, withSessions, withoutSessions } from "../../src/cli/picker/happenings.ts";
import { withKey } from "../../src/cli/picker/keys.ts";
import { rowsOf } from "../../src/cli/picker/rows.ts";
import type { PickerState } from "../../src/cli/picker/state.ts";
import { idOf, press, session, stateOf } from "./sessions.ts";

const FIVE = [1, 2, 3, 4, 5].map((number) => session(number));

function numbers(state: PickerState): number[] {
  return rowsOf(state).map(({ session: { id } }) => Number(id.slice(0, 8)));
}

function hit(number: number, position: number | undefined = 7): object {
  const marks = [[0, 3]];
  return { id: idOf(number), title: null, position, role: "user", snippet: "the", marks, updatedAt: "" };
}

test("typing filters: titles first, then places, then what was said; the text is asked with each key", () => {
  const sessions = [
    session(1, { title: "Other", workspacePath: "/home/a/parser" }),
    session(2, { title: "About the parser" }),
    session(3, { title: "Other" }),
    session(4, { title: "Other" }),
  ];
  const { state, effects } = press(stateOf(sessions), "parser");
  expect(numbers(state)).toEqual([2, 1]);
  expect(state.selected).toBe(idOf(2));
  expect(effects.at(-1)).toEqual({ do: "search", query: "parser" });
  const found = withFinds(state, { query: "parser", hits: [hit(4), hit(2), hit(3)] as never });
  expect(numbers(found)).toEqual([2, 1, 4, 3]);
  // An answer to what was typed before is none.
  expect(withFinds(state, { query: "parse", hits: [hit(3)] as never })).toBe(state);
  expect(numbers(press(found, "x").state)).toEqual([]);
  expect(numbers(press(stateOf(sessions), "agent:codex").state)).toEqual([]);
  expect(numbers(press(stateOf(sessions), "dir:parser").state)).toEqual([1]);
  expect(numbers(press(stateOf(sessions), "date:<2h").state)).toEqual([1, 2]);
});

test("a find is opened where it stands, whatever Enter does else", () => {
  const { state } = press({ ...stateOf(FIVE), choice: "resume" }, "needle");
  const found = withFinds(state, { query: "needle", hits: [hit(3, 42)] as never });
  expect(press(found, "return").effects).toEqual([{ do: "read", id: idOf(3), position: 42 }]);
  expect(press({ ...stateOf(FIVE), choice: "resume" }, "return").effects).toEqual([
    { do: "resume", id: idOf(1) },
  ]);
});

test("what happens moves neither the selection nor, where it can be, its line", () => {
  const many = Array.from({ length: 60 }, (_, index) => session(index + 10));
  const { state } = press(stateOf(many), ...Array.from({ length: 30 }, () => "down"));
  const line = (of: PickerState): number =>
    rowsOf(of).findIndex(({ session: { id } }) => id === of.selected) - of.top;
  const before = line(state);
  const next = withSession(state, session(1), false);
  expect([next.selected, line(next)]).toEqual([state.selected, before]);
  const again = withSession(next, { ...session(5), id: idOf(60) }, false);
  expect([again.selected, line(again)]).toEqual([state.selected, before]);
  const all = withSessions(again, [...FIVE, ...again.sessions]);
  expect([all.selected, line(all)]).toEqual([state.selected, before]);
  // Where the selected one goes, the one in its place is selected.
  const gone = withoutSessions(stateOf(FIVE), [idOf(1)]);
  expect(gone.selected).toBe(idOf(2));
});

test("Esc clears what is typed, then the marks, then quits; Ctrl-C quits", () => {
  const { state } = press(stateOf(FIVE), "shift-tab", "shift-tab", "numb");
  expect(state.marked.size).toBe(2);
  const cleared = press(state, "escape");
  expect([cleared.state.query, cleared.effects]).toEqual(["", []]);
  const unmarked = press(cleared.state, "escape");
  expect([unmarked.state.marked.size, unmarked.effects]).toEqual([0, []]);
  expect(press(unmarked.state, "escape").effects).toEqual([{ do: "quit" }]);
  expect(press(state, "ctrl-c").effects).toEqual([{ do: "quit" }]);
});

test("what is done is done to the marked ones, else to the selected one", () => {
  const { state } = press(stateOf(FIVE), "down", "shift-tab", "shift-tab");
  for (const [key, what] of [
    ["f", "fork"],
    ["s", "pin"],
    ["x", "trash"],
  ] as const) {
    expect(press(state, `ctrl-${key}`).effects).toEqual([{ do: what, ids: [idOf(2), idOf(3)] }]);
    expect(press(stateOf(FIVE), `ctrl-${key}`).effects).toEqual([{ do: what, ids: [idOf(1)] }]);
    expect(press(stateOf([]), `ctrl-${key}`).effects).toEqual([]);
  }
  const exported = press(stateOf(FIVE), "ctrl-e", "h");
  expect(exported.effects).toEqual([{ do: "export", ids: [idOf(1)], format: "html" }]);
  expect(exported.state.mode.kind).toBe("list");
  expect(press(stateOf(FIVE), "ctrl-e", "escape").effects).toEqual([]);
  expect(press(stateOf(FIVE), "ctrl-y").effects).toEqual([{ do: "copy", text: idOf(1) }]);
  const renamed = press(stateOf(FIVE), "ctrl-t", "ctrl-u", "New name", "return");
  expect(renamed.effects).toEqual([{ do: "rename", id: idOf(1), title: "New name" }]);
  expect(renamed.state.mode.kind).toBe("list");
  expect(press(stateOf(FIVE), "ctrl-z").effects).toEqual([{ do: "undo" }]);
});

test("what Enter does is chosen once", () => {
  const asked = press(stateOf(FIVE), "return");
  expect([asked.state.mode.kind, asked.effects]).toEqual(["choose", []]);
  const chosen = press(asked.state, "o");
  expect(chosen.effects).toEqual([
    { do: "remember", choice: "read" },
    { do: "read", id: idOf(1), position: undefined },
  ]);
  expect(press(chosen.state, "return").effects).toEqual([{ do: "read", id: idOf(1), position: undefined }]);
  const again = press(chosen.state, "ctrl-g", "r");
  expect([again.state.choice, again.effects]).toEqual(["resume", [{ do: "remember", choice: "resume" }]]);
  expect(press(asked.state, "escape").effects).toEqual([]);
});

test("sub-agents and forks fold open under their session, also where sessions name each other", () => {
  const family = [
    session(1),
    session(2, { parentId: idOf(1) }),
    session(3, { custom: { forked_from: `${idOf(1)}@4` } }),
    session(4, { parentId: idOf(2) }),
    session(5),
  ];
  expect(numbers(stateOf(family))).toEqual([1, 5]);
  const opened = press(stateOf(family), "right", "down", "right").state;
  expect(numbers(opened)).toEqual([1, 2, 4, 3, 5]);
  expect(rowsOf(opened).map(({ depth }) => depth)).toEqual([0, 1, 2, 1, 0]);
  expect(numbers(press(opened, "home", "left").state)).toEqual([1, 5]);
  expect(numbers(press(stateOf(family), "number 4").state)).toEqual([4]);
  const circle = [
    session(1, { parentId: idOf(2) }),
    session(2, { parentId: idOf(1) }),
    session(3, { parentId: idOf(3) }),
  ];
  expect(numbers(stateOf(circle))).toEqual([1, 2, 3]);
});

test("Tab goes between this project and everywhere", () => {
  const state = { ...stateOf(FIVE), here: new Set([idOf(2), idOf(4)]) };
  const here = press(state, "tab").state;
  expect(numbers(here)).toEqual([2, 4]);
  expect(numbers(press(here, "tab").state)).toEqual([1, 2, 3, 4, 5]);
  expect(press(stateOf(FIVE), "tab").state.message).not.toBe("");
});

test("what is pasted is one line of text, and no key", () => {
  const { state } = withKey(stateOf(FIVE), { paste: "number 3\n\u0003" });
  expect(state.query).toBe("number 3 ");
  expect(numbers(press(state, "backspace").state)).toEqual([3]);
  expect(press(stateOf(FIVE), "?").state.mode.kind).toBe("help");
  expect(press(stateOf(FIVE), "a?").state.query).toBe("a?");
});

test("what is not wanted is out of sight: an agent, a tag, a word of the title", () => {
  const sessions = [
    session(1, { title: "parser one" }),
    session(2, { title: "parser two", source: "codex" }),
    session(3, { title: "parser three", tags: ["old"] }),
  ];
  const shown = (query: string): (string | null)[] =>
    rowsOf({ ...stateOf(sessions), query }).map((row) => row.session.title);
  expect(shown("parser -agent:codex")).toEqual(["parser one", "parser three"]);
  expect(shown("parser -tag:old -two")).toEqual(["parser one"]);
  expect(shown("-agent:claude")).toEqual(["parser two"]);
});
