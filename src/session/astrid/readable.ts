import { mappedJson, type Json } from "../json/json.ts";

/**
 * What Astrid's parser can read of a value. It refuses a document, and with it the whole session, for half of a
 * surrogate pair, a number beyond the double range, or arrays and objects nested too deep.
 */

/** Arrays and objects around each other that the parser takes, the document itself being the first. */
const DEEPEST = 127;

/** The levels at which values stand in a document. */
export const LEVEL = { ofKey: 2, inMetadata: 3, ofContent: 4 } as const;

/** Larger ones are out of range for the parser unless JavaScript wrote them. */
const SURE = 1e308;

export function readableText(text: string): string {
  return text.isWellFormed() ? text : text.toWellFormed();
}

/**
 * The value itself where Astrid can read it. Else a copy: half of a surrogate pair becomes U+FFFD, a number out of
 * range the largest that there is, and what is nested too deep null.
 * @param level where the value stands, if it is an array or object; see `LEVEL`.
 */
export function readable(value: Json, level: number): Json {
  switch (typeof value) {
    case "string":
      return readableText(value);
    case "number":
      return Number.isFinite(value) ? value : largest(value);
    case "object":
      if (value === null) return value;
      if (level > DEEPEST) return null;
      return mappedJson(value, {
        key: readableText,
        value: (child) => readable(child, level + 1),
        number: (child, text) =>
          text === undefined || Math.abs(child) < SURE ? readable(child, level) : largest(child),
      });
    default:
      return value;
  }
}

function largest(value: number): number {
  return Math.sign(value) * Number.MAX_VALUE;
}

/**
 * Whether Astrid's parser may refuse the JSON text of a message that stands in a document. Cheap: a look at each byte,
 * which says yes too often and never no too often.
 */
export function mayBeUnreadable(text: Uint8Array): boolean {
  let depth = LEVEL.ofContent - 2;
  let digits = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at] as number;
    if (byte >= DIGIT_0 && byte <= DIGIT_9) {
      if (++digits === LONGEST_NUMBER) return true;
      continue;
    }
    switch (byte) {
      case OPENING_BRACKET:
      case OPENING_BRACE:
        if (++depth > DEEPEST) return true;
        break;
      case CLOSING_BRACKET:
      case CLOSING_BRACE:
        depth--;
        break;
      case BACKSLASH:
        if (text[at + 1] === SMALL_U && ((text[at + 2] as number) | LOWER_CASE) === SMALL_D) return true;
        break;
      case SMALL_E:
      case CAPITAL_E:
        if (digits > 0 && hasLargeExponent(text, at)) return true;
        break;
    }
    digits = 0;
  }
  return false;
}

/** Whether three digits follow, a sign before them or not. */
function hasLargeExponent(text: Uint8Array, at: number): boolean {
  let next = at + 1;
  if (text[next] === PLUS) next++;
  for (let count = 0; count < 3; count++) {
    const byte = text[next + count];
    if (byte === undefined || byte < DIGIT_0 || byte > DIGIT_9) return false;
  }
  return true;
}

/** A number with fewer digits before its exponent is in range. */
const LONGEST_NUMBER = 200;

const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const PLUS = 0x2b;
const CAPITAL_E = 0x45;
const SMALL_E = 0x65;
const SMALL_D = 0x64;
const SMALL_U = 0x75;
const LOWER_CASE = 0x20;
const BACKSLASH = 0x5c;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
