import type { Message } from "../../session/message.ts";
import type { SessionSummary } from "../../index.ts";
import type { readingLines } from "../reading/conversation.ts";
import type { ReadingLine } from "../reading/reading.ts";
import type { Key, Step } from "./keys.ts";
import { findFrom } from "./reader-find.ts";
import type { Effect, PickerState, Size } from "./state.ts";

/** A conversation that is being read: some of its messages, which are neighbours. */
export interface ReaderState {
  readonly summary: SessionSummary;
  readonly messages: readonly { readonly position: number; readonly message: Message }[];
  /** How many messages the session has. */
  readonly count: number;
  /** The line that is drawn first. */
  readonly top: number;
  readonly tools: "off" | "short" | "full";
  readonly thinking: boolean;
  readonly colour: boolean;
  /** What is looked for, in lower case, the message in which it was found last, and what is being typed of it. */
  readonly sought: readonly string[];
  readonly found: number | undefined;
  readonly typing: string | undefined;
  readonly isHelp: boolean;
  /** How messages become lines. It is loaded when something is read first: the list does not wait for it. */
  readonly linesOf: typeof readingLines;
}

/** The keys of the reader, as `?` tells them. */
export const READER_KEYS: readonly (readonly [keys: string, meaning: string])[] = [
  ["↑ ↓  j k", "line by line"],
  ["Space b", "page by page; d u half a page"],
  ["J K", "next prompt, the one before"],
  ["] [", "next message, the one before"],
  ["g G", "beginning, end"],
  ["t", "tools: none, short, all of it"],
  ["T", "what the model thought, or not"],
  ["/  n N", "find; find on, and back"],
  ["e", "export to a file here: Markdown, HTML, JSON"],
  ["y", "copy the id, with the place"],
  ["R", "resume in its agent"],
  ["q Esc", "back to the list"],
];

const TOOLS = { off: "short", short: "full", full: "off" } as const;

interface Drawn {
  readonly lines: readonly ReadingLine[];
  readonly of: ReaderState;
  readonly width: number;
}
let last: Drawn | undefined;

/** The lines of what is held of the conversation. */
export function linesOf(reader: ReaderState, width: number): readonly ReadingLine[] {
  const of = last?.of;
  const isSame =
    of?.messages === reader.messages &&
    of.tools === reader.tools &&
    of.thinking === reader.thinking &&
    last?.width === width;
  if (last === undefined || !isSame) {
    const { summary: session, tools, thinking, colour } = reader;
    const lines = reader.linesOf(reader.messages, { width, tools, thinking, colour, session, fits: true });
    last = { lines: lines.slice(lines.findIndex(({ text }) => text !== "")), of: reader, width };
  }
  return last.lines;
}

/** Lines of the conversation on the screen. */
export function pageOf({ rows }: Size): number {
  return Math.max(rows - 2, 1);
}

/** The place at which a message stands on top; the first behind it where it shows nothing. */
export function at(reader: ReaderState, size: Size, position: number): ReaderState {
  const lines = linesOf(reader, size.columns);
  const index = lines.findIndex((line) => line.position >= position && line.text !== "");
  return clamped({ ...reader, top: index < 0 ? lines.length : index }, size);
}

function clamped(reader: ReaderState, size: Size): ReaderState {
  const most = Math.max(linesOf(reader, size.columns).length - pageOf(size), 0);
  return { ...reader, top: Math.min(Math.max(reader.top, 0), most) };
}

/** The reader's messages are others; the line on top stays where its message is still there. */
export function withMessages(
  reader: ReaderState,
  size: Size,
  messages: ReaderState["messages"],
): ReaderState {
  const lines = linesOf(reader, size.columns);
  const first = lines[reader.top];
  if (first === undefined) return clamped({ ...reader, messages }, size);
  const within = reader.top - lines.findIndex(({ position }) => position === first.position);
  const next = { ...reader, messages };
  const index = linesOf(next, size.columns).findIndex(({ position }) => position === first.position);
  return clamped({ ...next, top: Math.max(index, 0) + within }, size);
}

export function readerKey(state: PickerState, reader: ReaderState, key: Key): Step {
  const { size } = state;
  const { name = "", sequence = "", ctrl = false } = key;
  const put = (next: ReaderState, ...effects: Effect[]): Step => {
    const shown = clamped(next, size);
    return {
      state: { ...state, mode: { kind: "reader", reader: shown } },
      effects: [...effects, ...more(shown, size)],
    };
  };
  if (reader.isHelp) return put({ ...reader, isHelp: false });
  if (reader.typing !== undefined) return seeking(put, reader, reader.typing, key, size);
  const lines = linesOf(reader, size.columns);
  const page = pageOf(size);
  const go = (by: number): Step => put({ ...reader, top: reader.top + by });
  const keep = (change: Partial<ReaderState>): Step => {
    const position = lines[reader.top]?.position ?? 0;
    return put(at({ ...reader, ...change }, size, position));
  };
  const back: PickerState = { ...state, mode: { kind: "list" } };
  const here = lines[reader.top]?.position ?? 0;
  switch (ctrl ? `^${name}` : name === "up" || name === "down" ? name : sequence) {
    case "up":
    case "k":
    case "^p":
      return go(-1);
    case "down":
    case "j":
    case "^n":
    case "\r":
      return go(1);
    case " ":
      return go(page - 1);
    case "b":
      return go(1 - page);
    case "d":
    case "^d":
      return go(Math.floor(page / 2));
    case "u":
    case "^u":
      return go(-Math.floor(page / 2));
    case "J":
      return put(to(reader, lines, 1, ({ begins }) => begins === "prompt"));
    case "K":
      return put(to(reader, lines, -1, ({ begins }) => begins === "prompt"));
    case "]":
      return put(to(reader, lines, 1, ({ position }) => position > here));
    case "[":
      return put(to(reader, lines, -1, ({ begins }) => begins !== undefined));
    case "g":
      return put(reader, { do: "load", from: "start" });
    case "G":
      return put(reader, { do: "load", from: "end" });
    case "t":
      return keep({ tools: TOOLS[reader.tools] });
    case "T":
      return keep({ thinking: !reader.thinking });
    case "/":
      return put({ ...reader, typing: "" });
    case "n":
    case "N":
      return reader.sought.length === 0 ? put(reader) : put(reader, next(reader, size, sequence));
    case "e":
      return {
        state: { ...state, mode: { kind: "export", ids: [reader.summary.id], back: state.mode } },
        effects: [],
      };
    case "y":
      return put(reader, { do: "copy", text: `${reader.summary.id}:${here}` });
    case "R":
      return put(reader, { do: "resume", id: reader.summary.id });
    case "?":
      return put({ ...reader, isHelp: true });
    case "q":
      return { state: back, effects: [] };
  }
  switch (name) {
    case "escape":
      return { state: back, effects: [] };
    case "pagedown":
      return go(page - 1);
    case "pageup":
      return go(1 - page);
    case "home":
      return put(reader, { do: "load", from: "start" });
    case "end":
      return put(reader, { do: "load", from: "end" });
  }
  return put(reader);
}

function next(reader: ReaderState, size: Size, key: string): Effect {
  const from = findFrom(reader, size);
  return { do: "find", words: reader.sought, from, step: key === "N" ? -1 : 1 };
}

function seeking(
  put: (next: ReaderState, ...effects: Effect[]) => Step,
  reader: ReaderState,
  typing: string,
  { name = "", sequence = "", ctrl = false, paste }: Key,
  size: Size,
): Step {
  if (name === "escape") return put({ ...reader, typing: undefined });
  if (name === "return" || name === "enter") {
    const after = linesOf(reader, size.columns)[reader.top]?.position ?? 0;
    const words = typing === "" ? [] : [typing.toLowerCase()];
    const next = { ...reader, typing: undefined, sought: words, found: undefined };
    return typing === "" ? put(next) : put(next, { do: "find", words, from: after - 1, step: 1 });
  }
  if (name === "backspace") return put({ ...reader, typing: Array.from(typing).slice(0, -1).join("") });
  const text = paste ?? sequence;
  return ctrl || !/^\P{Cc}+$/u.test(text) ? put(reader) : put({ ...reader, typing: typing + text });
}

/** The next line, or the one before, of a kind, on top of the screen. */
function to(
  reader: ReaderState,
  lines: readonly ReadingLine[],
  step: 1 | -1,
  isMeant: (line: ReadingLine) => boolean,
): ReaderState {
  for (let index = reader.top + step; index >= 0 && index < lines.length; index += step) {
    const line = lines[index];
    if (line !== undefined && line.text !== "" && isMeant(line)) return { ...reader, top: index };
  }
  return { ...reader, top: step > 0 ? lines.length : 0 };
}

/** Near an end of what is held, more of the session is asked for. */
function more(reader: ReaderState, size: Size): Effect[] {
  const first = reader.messages[0]?.position ?? 0;
  const past = (reader.messages.at(-1)?.position ?? -1) + 1;
  const page = pageOf(size);
  if (reader.top < page && first > 0) return [{ do: "load", from: first }];
  const lines = linesOf(reader, size.columns).length;
  if (reader.top + 2 * page > lines && past < reader.count) return [{ do: "load", from: past }];
  return [];
}
