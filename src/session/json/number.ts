import { FrozenMark, type NumberTexts } from "./frozen-mark.ts";
import type { Json, JsonObject } from "./json.ts";

/**
 * Numbers keep the text that they were read with. JavaScript has doubles only: `9007199254740993` reads as `…992`,
 * and `1.0` is written as `1`. Where the text that JavaScript would write is another one, the array or object in
 * which the number stands remembers it, and whoever writes the value again writes that text.
 */

type Container = readonly Json[] | JsonObject;

/** Whether a JSON text holds a number that JavaScript would write otherwise. */
export function holdsOddNumber(text: string): boolean {
  if (!MAYBE_ODD.test(text)) return false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at) - 1;
    } else if (code === MINUS || (code >= DIGIT_0 && code <= DIGIT_9)) {
      NUMBER.lastIndex = at;
      const number = NUMBER.exec(text)?.[0] ?? "";
      if (isOdd(number)) return true;
      at += number.length - 1;
    }
  }
  return false;
}

/**
 * A first look, which takes what stands in strings for numbers: 16 digits and more, an exponent, a zero at the end of
 * the decimals, so small that it is written with an exponent.
 */
const MAYBE_ODD = /[:[,]\s*-?(?:\d[\d.]{15}|\d+\.\d*0(?!\d)|\d+(?:\.\d+)?[eE]|0\.0{6})/;

function isOdd(number: string): boolean {
  return numberText(Number(number)) !== number;
}

/** The text under which a number stands in a container that was read; for any other value `undefined`. */
export function numberTextOf(holder: Container, key: string): string | undefined {
  const value = Object.hasOwn(holder, key) ? (holder as JsonObject)[key] : undefined;
  if (typeof value !== "number") return undefined;
  return FrozenMark.numberTexts(holder)?.get(key) ?? numberText(value);
}

/** As JSON has it, with `-0` and numbers beyond the double range as a file may hold them. */
export function numberText(value: number): string {
  if (Object.is(value, -0)) return "-0";
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? "1e999" : "-1e999";
}

/** Whether a value is a whole number from 0 to `most`, and written as one: Astrid refuses `1.0` and `-0`. */
export function isWhole(value: Json | undefined, most: number, holder: Container, key: string): boolean {
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > most) return false;
  return /^\d+$/.test(numberTextOf(holder, key) ?? numberText(value as number));
}

/** Whether the numbers that two containers both remember a text of are the same; whole ones beyond doubles differ. */
export function sameNumberTexts(left: NumberTexts, right: NumberTexts): boolean {
  for (const [key, text] of left) {
    const other = right.get(key);
    if (other !== undefined && other !== text && WHOLE.test(text) && WHOLE.test(other)) return false;
  }
  return true;
}

const WHOLE = /^-?\d+$/;

/**
 * The numbers of a value that JavaScript would write otherwise than `text` has them, by the container in which they
 * stand, an inner container before the one around it. `root` must be what `JSON.parse(text)` returned. Takes any depth.
 */
export function oddNumbers(root: Container, text: string): Map<Container, Map<string, string>> {
  const found = new Map<Container, Map<string, string>>();
  const reading = new Reading(text);
  const around: Place[] = [];
  let place: Place | undefined;
  /** The next value is the one that belongs to the key or the position at hand. */
  for (let token = reading.next(); token !== undefined; token = reading.next()) {
    switch (token.kind) {
      case "open": {
        // A key that occurs twice has the value of its last occurrence: the first one's place may be another value.
        const value: Json | undefined = place === undefined ? root : valueAt(place);
        around.push(place ?? TOP);
        place = { container: isContainer(value) ? value : undefined, isArray: token.text === "[", key: "0" };
        break;
      }
      case "close": {
        const { container } = place as Place;
        const texts = container && found.get(container);
        // Put at the end, behind everything that stands in it.
        if (container !== undefined && texts !== undefined) {
          found.delete(container);
          found.set(container, texts);
        }
        place = around.pop();
        break;
      }
      case "comma":
        if (place?.isArray === true) place.key = String(Number(place.key) + 1);
        break;
      case "key":
        (place as Place).key = token.text.includes("\\")
          ? (JSON.parse(token.text) as string)
          : token.text.slice(1, -1);
        break;
      case "number":
      case "other":
        if (place?.container !== undefined) note(found, place as Place & { container: Container }, token);
    }
  }
  for (const [container, texts] of found) if (texts.size === 0) found.delete(container);
  return found;
}

interface Place {
  /** `undefined` where the text has an array or object that the value has not: a key that occurs twice. */
  readonly container: Container | undefined;
  readonly isArray: boolean;
  key: string;
}

const TOP: Place = { container: undefined, isArray: false, key: "" };

function isContainer(value: Json | undefined): value is Container {
  return typeof value === "object" && value !== null;
}

function valueAt({ container, key }: Place): Json | undefined {
  return container !== undefined && Object.hasOwn(container, key)
    ? (container as JsonObject)[key]
    : undefined;
}

function note(
  found: Map<Container, Map<string, string>>,
  place: Place & { readonly container: Container },
  token: Token,
): void {
  const { container, key } = place;
  let texts = found.get(container);
  const value = valueAt(place);
  const isOddHere =
    token.kind === "number" &&
    typeof value === "number" &&
    Object.is(value, Number(token.text)) &&
    isOdd(token.text);
  if (!isOddHere) {
    texts?.delete(key);
    return;
  }
  if (texts === undefined) found.set(container, (texts = new Map<string, string>()));
  texts.set(key, token.text);
}

interface Token {
  readonly kind: "open" | "close" | "comma" | "key" | "number" | "other";
  readonly text: string;
}

/** The place behind the closing quote of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end + 1;
  }
  throw new SyntaxError("The text is not JSON: a string does not end.");
}

const QUOTE = 0x22;
const MINUS = 0x2d;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const BACKSLASH = 0x5c;
const NUMBER = /-?\d[\d.eE+-]*/y;
const WORD = /[a-z]+/y;
const BLANKS = /[ \t\r\n:]*/y;

/** The tokens of a text that is known to be JSON. */
class Reading {
  readonly #text: string;
  #at = 0;
  /** Whether a string at this place is a key, for each object and array around. */
  readonly #objects: boolean[] = [];
  #isKey = false;

  constructor(text: string) {
    this.#text = text;
  }

  next(): Token | undefined {
    this.#match(BLANKS);
    const first = this.#text[this.#at];
    switch (first) {
      case undefined:
        return undefined;
      case "{":
      case "[":
        this.#at++;
        this.#objects.push(first === "{");
        this.#isKey = first === "{";
        return { kind: "open", text: first };
      case "}":
      case "]":
        this.#at++;
        this.#objects.pop();
        this.#isKey = false;
        return { kind: "close", text: first };
      case ",":
        this.#at++;
        this.#isKey = this.#objects.at(-1) === true;
        return { kind: "comma", text: first };
      case '"': {
        const kind = this.#isKey ? "key" : "other";
        this.#isKey = false;
        return { kind, text: this.#string() };
      }
      default: {
        const number = this.#match(NUMBER);
        return number === "" ? { kind: "other", text: this.#match(WORD) } : { kind: "number", text: number };
      }
    }
  }

  #string(): string {
    const start = this.#at;
    this.#at = endOfString(this.#text, start);
    return this.#text.slice(start, this.#at);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += text.length;
    return text;
  }
}
