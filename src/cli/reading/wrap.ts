import { charactersOf } from "../../session/json/outgoing-text.ts";
import { textWidth } from "../output/text-width.ts";
import { paint, widthOf, type Span } from "./spans.ts";

/** White space; one wide character, between which lines may break; or anything else, which is kept together. */
const PIECE =
  /\s+|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]|[^\s\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]+/gu;
const PLAIN = /^[\x20-\x7e]*$/;
const WIDE = /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/u;

/**
 * A line as lines of at most `width` columns, broken at spaces. A word that is longer (an address, a path) stays whole:
 * the terminal breaks it, and what is copied from there is right. Time is linear.
 */
export function wrapped(line: readonly Span[], width: number | undefined): Span[][] {
  if (width === undefined || widthOf(line) <= width) return [[...line]];
  const wrapping = new Wrapping(Math.max(width, 1));
  for (const { text, styles } of line) {
    for (const [piece] of text.matchAll(PIECE)) {
      if (/^\s/.test(piece)) wrapping.space({ text: piece, styles });
      else if (WIDE.test(piece)) wrapping.breakable({ text: piece, styles });
      else wrapping.add({ text: piece, styles });
    }
  }
  return wrapping.end();
}

class Wrapping {
  readonly #width: number;
  readonly #lines: Span[][] = [];
  #line: Span[] = [];
  #used = 0;
  #word: Span[] = [];
  #wordWidth = 0;
  #space: Span | undefined;

  constructor(width: number) {
    this.#width = width;
  }

  add(piece: Span): void {
    this.#word.push(piece);
    this.#wordWidth += textWidth(piece.text);
  }

  space(space: Span): void {
    this.#endWord();
    // White space at a line's beginning is its indentation.
    this.#space = space;
  }

  breakable(piece: Span): void {
    this.#endWord();
    this.add(piece);
    this.#endWord();
  }

  end(): Span[][] {
    this.#endWord();
    if (this.#line.length > 0 || this.#lines.length === 0) this.#lines.push(this.#line);
    return this.#lines;
  }

  #endWord(): void {
    if (this.#word.length === 0) return;
    const space = this.#space === undefined ? 0 : textWidth(this.#space.text);
    if (this.#used > 0 && this.#used + space + this.#wordWidth > this.#width) {
      this.#lines.push(this.#line);
      this.#line = [];
      this.#used = 0;
    } else if (this.#space !== undefined) {
      this.#line.push(this.#space);
      this.#used += space;
    }
    this.#space = undefined;
    for (const piece of this.#word) this.#line.push(piece);
    this.#used += this.#wordWidth;
    this.#word = [];
    this.#wordWidth = 0;
  }
}

/** A line in pieces of at most `width` columns, broken anywhere: for a screen that has no room beside it. */
export function broken(line: readonly Span[], width: number): Span[][] {
  if (widthOf(line) <= width) return [[...line]];
  const lines: Span[][] = [];
  let current: Span[] = [];
  let used = 0;
  for (const { text, styles } of line) {
    let run = "";
    for (const character of PLAIN.test(text) ? text : charactersOf(text)) {
      const own = textWidth(character);
      if (used + own > width && used > 0) {
        lines.push([...current, { text: run, styles }]);
        [current, run, used] = [[], "", 0];
      }
      run += character;
      used += own;
    }
    current.push({ text: run, styles });
  }
  if (paint(current, false) !== "") lines.push(current);
  return lines;
}

/** A line cut to `width` columns; an ellipsis shows that something is missing. */
export function cut(line: readonly Span[], width: number | undefined): Span[] {
  if (width === undefined || widthOf(line) <= width) return [...line];
  const kept: Span[] = [];
  let room = width - 1;
  for (const { text, styles } of line) {
    let run = "";
    // No more characters are looked at than can be shown, but for those without a width.
    for (const character of charactersOf(text.slice(0, 8 * width))) {
      room -= textWidth(character);
      if (room < 0) break;
      run += character;
    }
    if (room < 0 || run.length < text.length) return [...kept, { text: `${run.trimEnd()}…`, styles }];
    kept.push({ text: run, styles });
  }
  return kept;
}
