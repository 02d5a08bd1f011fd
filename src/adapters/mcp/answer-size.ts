import { characterStart } from "../../session/json/outgoing-text.ts";

/**
 * An answer takes no more bytes than this as the text that a client gets, whatever is stored: JSON, escaped once more
 * because it is a text within JSON, in UTF-8. It goes out twice, as text and as `structuredContent`.
 */
export const MOST_BYTES = 40_000;

/** Bytes that a value takes in an answer. */
export function answerBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(JSON.stringify(value)));
}

/**
 * Where a piece of the text ends that begins at `from`, takes at most so many bytes in an answer, and cuts no
 * character: `from` itself when not even one fits.
 */
export function endWithin(text: string, from: number, most: number): number {
  let bytes = 0;
  let end = from;
  while (end < text.length) {
    const code = text.codePointAt(end) as number;
    bytes += bytesOf(code);
    if (bytes > most) break;
    end += code > 0xffff ? 2 : 1;
  }
  const start = characterStart(text, end);
  return start > from ? start : end;
}

/** The first items that together take at most so many bytes in an answer. */
export function fitting<T>(items: readonly T[], most: number): T[] {
  let bytes = 0;
  const end = items.findIndex((item) => (bytes += answerBytes(item) + 1) > most);
  return end < 0 ? [...items] : items.slice(0, end);
}

/** Of a character that is escaped twice: a line's end is `\\n`, a quote `\\\"`. */
function bytesOf(code: number): number {
  if (code === QUOTE || code === BACKSLASH) return 4;
  if (code < 0x20) return SHORT_ESCAPES.has(code) ? 3 : 7;
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code > 0xffff ? 4 : 3;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `\b`, `\t`, `\n`, `\f` and `\r`. */
const SHORT_ESCAPES = new Set([8, 9, 10, 12, 13]);
