import { rowsOf } from "./rows.ts";
import { inSight, layoutOf, selectedIndex } from "./happenings.ts";
import { readerKey } from "./reader-state.ts";
import type { Choice, Effect, ExportFormat, Mode, PickerState } from "./state.ts";

/** A key as Node's readline tells it; `paste` is what was pasted. */
export interface Key {
  readonly name?: string | undefined;
  readonly sequence?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly meta?: boolean | undefined;
  readonly paste?: string | undefined;
}

export interface Step {
  readonly state: PickerState;
  readonly effects: readonly Effect[];
}

/** The keys of the list, as `?` tells them. */
export const LIST_KEYS: readonly (readonly [keys: string, meaning: string])[] = [
  ["type", "filter by title, project, text"],
  ["agent: dir: tag: date:", "narrow: agent:claude dir:backend date:<2d"],
  ["↑ ↓  ^P ^N", "select; PgUp PgDn Home End"],
  ["Enter", "resume, or read (^G asks again)"],
  ["^O", "read, at the find"],
  ["^R", "resume in its agent"],
  ["Tab", "this project, everywhere"],
  ["→ ←", "unfold sub-agents and forks"],
  ["Shift-Tab", "mark, for what follows"],
  ["^F", "fork"],
  ["^T", "rename"],
  ["^S", "pin, or no longer"],
  ["^Y", "copy the id"],
  ["^E", "export to a file here"],
  ["^X", "to the trash; ^Z: back"],
  ["^U", "clear what is typed"],
  ["Esc", "clear, then quit; ^C quits"],
];

/** What a key does. */
export function withKey(state: PickerState, key: Key): Step {
  if (key.ctrl === true && key.name === "c") return { state, effects: [{ do: "quit" }] };
  const { mode } = state;
  const quiet: PickerState = { ...state, message: "" };
  switch (mode.kind) {
    case "help":
      return only({ ...quiet, mode: { kind: "list" } });
    case "choose":
      return choosing(quiet, key);
    case "rename":
      return renaming(quiet, mode, key);
    case "export":
      return exporting(quiet, mode, key);
    case "reader":
      return readerKey(quiet, mode.reader, key);
    case "list":
      return listKey(quiet, key);
  }
}

function only(state: PickerState): Step {
  return { state, effects: [] };
}

function listKey(state: PickerState, key: Key): Step {
  const { name = "", ctrl = false } = key;
  const { list } = layoutOf(state.size);
  if (key.paste !== undefined) return typed(state, state.query + oneLined(key.paste));
  if (ctrl) return controlKey(state, name);
  switch (name) {
    case "up":
      return only(moved(state, -1));
    case "down":
      return only(moved(state, 1));
    case "pageup":
      return only(moved(state, -list));
    case "pagedown":
      return only(moved(state, list));
    case "home":
      return only(moved(state, -Infinity));
    case "end":
      return only(moved(state, Infinity));
    case "right":
      return only(unfolded(state, true));
    case "left":
      return only(unfolded(state, false));
    case "return":
    case "enter":
      return entered(state);
    case "escape":
      return escaped(state);
    case "backspace":
      return typed(state, Array.from(state.query).slice(0, -1).join(""));
    case "tab":
      // Shift-Tab is told by its sequence.
      return key.sequence === "\u001b[Z" ? only(moved(marking(state), 1)) : only(elsewhere(state));
  }
  const text = key.sequence ?? "";
  if (text === "?" && state.query === "") return only({ ...state, mode: { kind: "help" } });
  if (key.meta === true || !/^\P{Cc}+$/u.test(text)) return only(state);
  return typed(state, state.query + text);
}

function controlKey(state: PickerState, name: string): Step {
  const selected = rowsOf(state)[selectedIndex(state)];
  const ids = state.marked.size > 0 ? [...state.marked] : selected === undefined ? [] : [selected.session.id];
  const one = selected?.session.id;
  const step = (...effects: Effect[]): Step => ({ state, effects });
  switch (name) {
    case "p":
      return only(moved(state, -1));
    case "n":
      return only(moved(state, 1));
    case "u":
      return typed(state, "");
    case "w":
      return typed(
        state,
        state.query
          .trimEnd()
          .split(/(?<=\s)/)
          .slice(0, -1)
          .join(""),
      );
    case "g":
      return only({ ...state, mode: { kind: "choose" } });
    case "z":
      return step({ do: "undo" });
  }
  if (one === undefined) return only(state);
  switch (name) {
    case "o":
      return step({ do: "read", id: one, position: selected?.hit?.position });
    case "r":
      return step({ do: "resume", id: one });
    case "y":
      return step({ do: "copy", text: ids.join("\n") });
    case "t":
      return only({ ...state, mode: { kind: "rename", id: one, text: selected?.session.title ?? "" } });
    case "f":
      return { state: unmarked(state), effects: [{ do: "fork", ids }] };
    case "s":
      return { state: unmarked(state), effects: [{ do: "pin", ids }] };
    case "e":
      return only({ ...unmarked(state), mode: { kind: "export", ids, back: state.mode } });
    case "x":
      return { state: unmarked(state), effects: [{ do: "trash", ids }] };
  }
  return only(state);
}

function unmarked(state: PickerState): PickerState {
  return { ...state, marked: new Set() };
}

function entered(state: PickerState): Step {
  const row = rowsOf(state)[selectedIndex(state)];
  if (row === undefined) return only(state);
  if (state.choice === undefined) return only({ ...state, mode: { kind: "choose" } });
  const { id } = row.session;
  // What was found is to be read.
  if (state.choice === "read" || row.hit?.position !== undefined)
    return { state, effects: [{ do: "read", id, position: row.hit?.position }] };
  return { state, effects: [{ do: "resume", id }] };
}

function choosing(state: PickerState, { name = "" }: Key): Step {
  const list: PickerState = { ...state, mode: { kind: "list" } };
  const choice: Choice | undefined = name === "r" ? "resume" : name === "o" ? "read" : undefined;
  if (choice === undefined) return only(list);
  const chosen: PickerState = { ...list, choice };
  const { effects } = state.choice === undefined ? entered(chosen) : only(chosen);
  return { state: chosen, effects: [{ do: "remember", choice }, ...effects] };
}

const FORMATS: Readonly<Record<string, ExportFormat>> = { m: "md", h: "html", j: "jsonl" };

function exporting(state: PickerState, { ids, back }: Mode & { kind: "export" }, { name = "" }: Key): Step {
  const format = FORMATS[name];
  const effects: Effect[] = format === undefined ? [] : [{ do: "export", ids, format }];
  return { state: { ...state, mode: back }, effects };
}

function renaming(state: PickerState, mode: { readonly id: string; readonly text: string }, key: Key): Step {
  const list: PickerState = { ...state, mode: { kind: "list" } };
  const { name = "", ctrl = false } = key;
  const as = (text: string): Step => only({ ...state, mode: { kind: "rename", id: mode.id, text } });
  if (name === "escape") return only(list);
  if (name === "return" || name === "enter")
    return { state: list, effects: [{ do: "rename", id: mode.id, title: mode.text.trim() }] };
  if (name === "backspace") return as(Array.from(mode.text).slice(0, -1).join(""));
  if (ctrl && name === "u") return as("");
  if (key.paste !== undefined) return as(mode.text + oneLined(key.paste));
  const text = key.sequence ?? "";
  return ctrl || key.meta === true || !/^\P{Cc}+$/u.test(text) ? only(state) : as(mode.text + text);
}

function typed(state: PickerState, query: string): Step {
  const next = { ...state, query, top: 0 };
  const selected = query === "" ? state.selected : rowsOf(next)[0]?.session.id;
  return { state: inSight({ ...next, selected }), effects: query === "" ? [] : [{ do: "search", query }] };
}

function escaped(state: PickerState): Step {
  if (state.query !== "") return typed(state, "");
  if (state.marked.size > 0) return only(unmarked(state));
  return { state, effects: [{ do: "quit" }] };
}

function moved(state: PickerState, by: number): PickerState {
  const rows = rowsOf(state);
  const index = Math.min(Math.max(selectedIndex(state) + by, 0), rows.length - 1);
  return inSight({ ...state, selected: rows[index]?.session.id });
}

function elsewhere(state: PickerState): PickerState {
  if (state.here.size === 0) return { ...state, message: "This project has no sessions." };
  return inSight({ ...state, scope: state.scope === "here" ? "everywhere" : "here" });
}

function marking(state: PickerState): PickerState {
  const id = rowsOf(state)[selectedIndex(state)]?.session.id;
  if (id === undefined) return state;
  const marked = new Set(state.marked);
  if (!marked.delete(id)) marked.add(id);
  return { ...state, marked };
}

function unfolded(state: PickerState, isOpen: boolean): PickerState {
  const id = rowsOf(state)[selectedIndex(state)]?.session.id;
  if (id === undefined) return state;
  const open = new Set(state.open);
  if (isOpen) open.add(id);
  else open.delete(id);
  return inSight({ ...state, open });
}

function oneLined(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, " ");
}
