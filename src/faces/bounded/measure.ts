import { characterStart } from "../../session/json/outgoing-text.ts";

/** How long an answer is for whoever gets it. */
export interface Measure {
  /** What a value takes in an answer. */
  readonly of: (value: unknown) => number;
  /** What a character takes within a text. */
  readonly ofCharacter: (code: number) => number;
}

/**
 * Bytes of an answer as the text that a client of MCP gets: JSON, escaped once more because it is a text within JSON, in
 * UTF-8.
 */
export const SENT_BYTES: Measure = {
  of: (value) => Buffer.byteLength(JSON.stringify(JSON.stringify(value))),
  // Of what is escaped twice: a line's end is `\\n`, a quote `\\\"`.
  ofCharacter(code) {
    if (code === QUOTE || code === BACKSLASH) return 4;
    if (code < 0x20) return SHORT_ESCAPES.has(code) ? 3 : 7;
    if (code < 0x80) return 1;
    if (code < 0x800) return 2;
    return code > 0xffff ? 4 : 3;
  },
};

/** Characters of an answer that is printed as JSON, in UTF-16 units. */
export const PRINTED_CHARACTERS: Measure = {
  of: (value) => JSON.stringify(value).length,
  ofCharacter(code) {
    if (code === QUOTE || code === BACKSLASH || SHORT_ESCAPES.has(code)) return 2;
    if (code < 0x20 || (code >= 0xd800 && code < 0xe000)) return 6;
    return code > 0xffff ? 2 : 1;
  },
};

/**
 * Where a piece of the text ends that begins at `from`, takes at most so much in an answer, and cuts no character:
 * `from` itself when not even one fits.
 */
export function endWithin(text: string, from: number, most: number, measure: Measure): number {
  let taken = 0;
  let end = from;
  while (end < text.length) {
    const code = text.codePointAt(end) as number;
    taken += measure.ofCharacter(code);
    if (taken > most) break;
    end += code > 0xffff ? 2 : 1;
  }
  const start = characterStart(text, end);
  return start > from ? start : end;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `\b`, `\t`, `\n`, `\f` and `\r`. */
const SHORT_ESCAPES = new Set([8, 9, 10, 12, 13]);
