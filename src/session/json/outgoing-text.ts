/**
 * Text that leaves for another program or for a screen. What is stored is exact, halves of surrogate pairs included;
 * strict parsers of JSON refuse those, and no reader wants half a character.
 */

/** Characters as people see them; made when it is first needed, because it takes a while. */
let segmenter: Intl.Segmenter | undefined;

/** A character as people see it is hardly ever longer. */
const LOOKED_AROUND = 100;
/** Below it every unit is a character of its own, but for a line's end of two. */
const FIRST_COMBINING = 0x300;
const ELLIPSIS = "…";

/** The value itself where all of its text is well-formed; else a copy with U+FFFD for each half of a pair. */
export function wellFormed<T>(value: T): T {
  if (typeof value === "string") return value.toWellFormed() as T & string;
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) return value;
  const sound = wellFormedJson(text);
  return sound === text ? value : (JSON.parse(sound) as T);
}

/** The same for JSON text that `JSON.stringify` or `jsonText` wrote: they escape halves of pairs, and nothing like them. */
export function wellFormedJson(text: string): string {
  if (!text.includes("\\ud")) return text;
  return text.replace(/\\(?:u(d[89a-f][0-9a-f]{2})|.)/g, (escape, half: string | undefined) =>
    half === undefined ? escape : "\ufffd",
  );
}

/** The text, cut to at most `most` UTF-16 units between characters; an ellipsis shows that something is missing. */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text;
  return most < 1
    ? ""
    : `${text.slice(0, characterStart(text, most - ELLIPSIS.length)).trimEnd()}${ELLIPSIS}`;
}

/** The place at or before `at` where a character begins, as people see characters: no accent loses its letter. */
export function characterStart(text: string, at: number): number {
  if (at <= 0 || at >= text.length) return Math.min(Math.max(at, 0), text.length);
  const before = text.charCodeAt(at - 1);
  const after = text.charCodeAt(at);
  if (before < FIRST_COMBINING && after < FIRST_COMBINING && !(before === 13 && after === 10)) return at;
  const from = codePointStart(text, Math.max(at - LOOKED_AROUND, 0));
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  const found = segmenter.segment(text.slice(from, at + LOOKED_AROUND)).containing(at - from)?.index ?? 0;
  // What goes on for longer than that (marks upon marks) is cut like any text.
  return found === 0 && from > 0 ? codePointStart(text, at) : from + found;
}

/** The characters of a text, as people see them. */
export function charactersOf(text: string): string[] {
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** Not between the halves of one pair. */
function codePointStart(text: string, at: number): number {
  const isLow = (text.charCodeAt(at) & 0xfc00) === 0xdc00;
  return isLow && at > 0 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800 ? at - 1 : at;
}
