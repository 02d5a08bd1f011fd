import { charactersOf } from "../../session/json/outgoing-text.ts";
import { printable, textWidth } from "./text-width.ts";

/** One line of text in which some places are marked. */
export interface MarkedText {
  readonly text: string;
  /** `[start, end]` in UTF-16 code units, in their order. */
  readonly marks: readonly (readonly [start: number, end: number])[];
}

/**
 * The part around the first mark that fits into so many columns, a third of it before the mark; an ellipsis shows what
 * is missing on a side. What would command the terminal is shown as a sign.
 */
export function cutAround(whole: MarkedText, width: number): MarkedText {
  const { text, marks } = onOneLine(whole);
  if (textWidth(text) <= width) return { text, marks };
  const [start, end] = marks[0] ?? [0, 0];
  const before = charactersOf(text.slice(0, start));
  const room = Math.max(width - textWidth(text.slice(start, end)), 0);
  let lead = Math.min(Math.floor(room / 3), textWidth(text.slice(0, start)));
  // What there is less of behind the mark is shown before it.
  lead = Math.max(lead, room - textWidth(text.slice(end)));
  let from = start;
  let used = textWidth(before.join("")) > lead ? 1 : 0;
  for (const character of before.reverse()) {
    used += textWidth(character);
    if (used > lead) break;
    from -= character.length;
  }
  const head = from > 0 ? "…" : "";
  let to = from;
  let total = head.length;
  const behind = charactersOf(text.slice(from));
  const fits = textWidth(text.slice(from)) + head.length <= width;
  for (const character of behind) {
    total += textWidth(character);
    if (total > width - (fits ? 0 : 1)) break;
    to += character.length;
  }
  const tail = to < text.length ? "…" : "";
  const shown = marks.flatMap(([one, other]): [number, number][] => {
    const [left, right] = [Math.max(one, from), Math.min(other, to)];
    return left < right ? [[left - from + head.length, right - from + head.length]] : [];
  });
  return { text: head + text.slice(from, to) + tail, marks: shown };
}

/** With single spaces, and a sign for each control character. */
function onOneLine({ text, marks }: MarkedText): MarkedText {
  const spaces = Array.from(text.matchAll(/\s+/g), ({ index, 0: { length } }) => ({
    end: index + length,
    length,
  }));
  const moved = (place: number): number =>
    spaces.reduce(
      (at, { end, length }) => at - Math.max(Math.min(length, place - (end - length)) - 1, 0),
      place,
    );
  return {
    text: printable(text.replace(/\s+/g, " ")),
    marks: marks.map(([start, end]) => [moved(start), moved(end)]),
  };
}

/** The text with its marks set off. */
export function withMarks({ text, marks }: MarkedText, mark: (text: string) => string): string {
  let shown = "";
  let end = 0;
  for (const [start, next] of marks) {
    shown += text.slice(end, start) + mark(text.slice(start, next));
    end = next;
  }
  return shown + text.slice(end);
}
