import { exactText } from "./exact-text.ts";
import { FrozenMark } from "./frozen-mark.ts";
import { holdsOddNumber, oddNumbers, sameNumberTexts } from "./number.ts";

/** Any value that JSON can express. Arrays and objects that this package hands out are deeply frozen. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: Json;
}

type Container = readonly Json[] | JsonObject;

/** `JSON.stringify` recurses; deeper values take the exact writer, which does not. */
const DEEPEST_RECURSION = 500;

/**
 * A deeply frozen copy of `value`, whatever the caller does to the original afterwards. Properties that are
 * `undefined` are left out, as JSON does; anything else that JSON cannot express exactly is refused.
 *
 * @throws {TypeError} names the place (`content[3].when`) and what is wrong there.
 */
export function frozenJson(value: unknown, name: string): Json {
  return freezeParsed(copyOf(value, name));
}

/**
 * The same as `frozenJson`, but `known` itself when `value` is a flat array or object of equal values: whoever asks
 * again and again can tell by identity that nothing has changed.
 */
export function frozenAgain(value: unknown, known: Json, name: string): Json {
  return isFlatCopy(value, known) ? known : frozenJson(value, name);
}

function isFlatCopy(value: unknown, known: Json): boolean {
  if (value === known) return true;
  if (typeof value !== "object" || value === null || !isContainer(known)) return false;
  if (!isPlain(value) || Array.isArray(value) !== Array.isArray(known)) return false;
  const keys = Object.keys(value);
  if (keys.length !== Object.keys(known).length) return false;
  return keys.every((key) => {
    const own = (value as Record<string, unknown>)[key];
    return typeof own !== "object" && Object.hasOwn(known, key) && Object.is(own, (known as JsonObject)[key]);
  });
}

/** Freezes a value that came out of `JSON.parse`, in place. Its numbers are those of JavaScript: see `freezeRead`. */
export function freezeParsed(value: Json): Json {
  return freezeRead(value);
}

/**
 * Freezes a value that came out of `JSON.parse`, in place.
 * @param textOf its JSON text, asked for only when the value holds numbers: those that JavaScript would write
 *   otherwise keep their text, and what is returned is another object then.
 */
export function freezeRead(value: Json, textOf?: () => string): Json {
  if (!isContainer(value) || FrozenMark.isOn(value)) return value;
  const found = freezeWithin(value, 0);
  if (textOf !== undefined && (found & NUMBERS) !== 0) {
    const text = textOf();
    if (holdsOddNumber(text)) return frozenWithTexts(JSON.parse(text) as Container, text);
  }
  // Before it is frozen: the language may come to refuse a new private field on a frozen object.
  FrozenMark.put(value, (found & EXACT) !== 0);
  return Object.freeze(value);
}

/**
 * The value of a JSON text, frozen; its numbers keep their text.
 * @throws {SyntaxError}
 */
export function parseJson(text: string): Json {
  return freezeRead(JSON.parse(text) as Json, () => text);
}

function frozenWithTexts(root: Container, text: string): Json {
  for (const [container, texts] of oddNumbers(root, text)) {
    freezeWithin(container, 0);
    FrozenMark.put(container, texts);
    Object.freeze(container);
  }
  return freezeParsed(root);
}

/**
 * One object of the entries of several whose key `keeps` does not refuse, a later source's before an earlier one's;
 * numbers keep the text that they were read with.
 */
export function mergedObject(
  sources: readonly JsonObject[],
  keeps: (key: string) => boolean = () => true,
): JsonObject {
  const target = {};
  const texts = new Map<string, string>();
  for (const source of sources) {
    const own = FrozenMark.numberTexts(source);
    for (const [key, value] of Object.entries(source)) {
      if (!keeps(key)) continue;
      setOwn(target, key, value);
      const text = own?.get(key);
      if (text === undefined) texts.delete(key);
      else texts.set(key, text);
    }
  }
  return withTexts(target, texts);
}

/** What becomes of the parts of an array or object. */
interface Mapping {
  readonly key: (key: string) => string;
  readonly value: (child: Json) => Json;
  /** @param text the one that the number was read with, where JavaScript would write another one. */
  readonly number: (child: number, text: string | undefined) => Json;
}

/** The array or object itself when nothing of it becomes another; numbers that stay keep their text. */
export function mappedJson(source: readonly Json[] | JsonObject, mapping: Mapping): Json {
  const own = FrozenMark.numberTexts(source);
  const texts = new Map<string, string>();
  const target: Json[] | object = Array.isArray(source) ? [] : {};
  let changed = false;
  for (const [key, child] of Object.entries(source)) {
    const text = own?.get(key);
    const value = typeof child === "number" ? mapping.number(child, text) : mapping.value(child);
    const name = Array.isArray(target) ? key : mapping.key(key);
    if (Array.isArray(target)) target.push(value);
    else setOwn(target, name, value);
    if (text !== undefined && Object.is(value, child)) texts.set(name, text);
    else texts.delete(name);
    changed ||= name !== key || !Object.is(value, child);
  }
  return changed ? withTexts(target as Container, texts) : source;
}

function withTexts<T extends Container>(target: T, texts: ReadonlyMap<string, string>): T {
  if (texts.size === 0) return target;
  freezeWithin(target, 0);
  FrozenMark.put(target, texts);
  return Object.freeze(target);
}

/** Whether a value is one that `frozenJson` or `freezeParsed` returned. */
export function isFrozenHere(value: unknown): boolean {
  return typeof value === "object" && value !== null && FrozenMark.isOn(value);
}

/** JSON text of a value, exact: lone surrogates escaped, `-0` kept, numbers as they were read, any depth. */
export function jsonText(value: Json): string {
  return needsExactWriter(value) ? exactText(value) : JSON.stringify(value);
}

/**
 * Deep equality of JSON values; key order does not matter, `-0` and `0` differ. Numbers are equal as JavaScript sees
 * them, except whole ones beyond doubles that were both read: those are compared by their text.
 */
export function jsonEquals(left: Json | undefined, right: Json | undefined): boolean {
  const pending: [Json | undefined, Json | undefined][] = [[left, right]];
  for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
    const [a, b] = pair;
    if (Object.is(a, b)) continue;
    if (!isContainer(a) || !isContainer(b) || Array.isArray(a) !== Array.isArray(b)) return false;
    const [aTexts, bTexts] = [FrozenMark.numberTexts(a), FrozenMark.numberTexts(b)];
    if (aTexts !== undefined && bTexts !== undefined && !sameNumberTexts(aTexts, bTexts)) return false;
    const keys = Object.keys(a);
    if (keys.length !== Object.keys(b).length) return false;
    for (const key of keys) {
      if (!Object.hasOwn(b, key)) return false;
      pending.push([(a as JsonObject)[key], (b as JsonObject)[key]]);
    }
  }
  return true;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isContainer(value: Json | undefined): value is Container {
  return typeof value === "object" && value !== null;
}

function needsExactWriter(value: Json): boolean {
  if (typeof value === "number") return isInexact(value);
  return isContainer(value) && (FrozenMark.isOn(value) ? FrozenMark.isExact(value) : scan(value));
}

/** Whether `JSON.stringify` writes another number, or none. */
function isInexact(value: number): boolean {
  return !Number.isFinite(value) || (value === 0 && Object.is(value, -0));
}

/** What `freezeWithin` found: the value needs the exact writer; it holds numbers whose text was not looked at. */
const EXACT = 1;
const NUMBERS = 2;

/** Freezes all that stands in a container. */
function freezeWithin(value: Container, depth: number): number {
  if (depth > DEEPEST_RECURSION) {
    scan(value, Object.freeze);
    return EXACT | NUMBERS;
  }
  let found = 0;
  const visit = (child: Json): void => {
    if (typeof child === "object") {
      if (child !== null) found |= freezeChild(child, depth + 1);
    } else if (typeof child === "number") found |= isInexact(child) ? EXACT | NUMBERS : NUMBERS;
  };
  if (Array.isArray(value)) for (const child of value as readonly Json[]) visit(child);
  else for (const key of Object.keys(value)) visit((value as JsonObject)[key] as Json);
  return found;
}

function freezeChild(value: Container, depth: number): number {
  if (FrozenMark.isOn(value)) return FrozenMark.isExact(value) ? EXACT : 0;
  const found = freezeWithin(value, depth);
  Object.freeze(value);
  return found;
}

/** Whether a value needs the exact writer, whatever its depth; `visit` is called with every array and object of it. */
function scan(root: Container, visit?: (value: Container) => void): boolean {
  let exact = false;
  const pending: { readonly value: Container; readonly depth: number }[] = [{ value: root, depth: 0 }];
  for (let step = pending.pop(); step !== undefined; step = pending.pop()) {
    const { value, depth } = step;
    if (FrozenMark.isOn(value)) {
      exact ||= FrozenMark.isExact(value);
      continue;
    }
    if (depth > DEEPEST_RECURSION) exact = true;
    for (const child of Array.isArray(value) ? (value as readonly Json[]) : Object.values(value)) {
      if (isContainer(child)) pending.push({ value: child, depth: depth + 1 });
      else if (typeof child === "number") exact ||= isInexact(child);
    }
    visit?.(value);
  }
  return exact;
}

/** Where a value stands, kept as links so that no string is built unless there is something to complain about. */
interface Path {
  readonly parent: Path | undefined;
  readonly key: string | number;
}

interface Copying {
  readonly source: object;
  /** `undefined` when the source has been copied whole. */
  readonly target: object | undefined;
  readonly path: Path;
}

function copyOf(root: unknown, name: string): Json {
  const pending: Copying[] = [];
  /** The containers that the one at hand stands in. */
  const around = new Set<object>();

  const copy = (value: unknown, path: Path): Json => {
    if (value === null || typeof value === "string" || typeof value === "boolean") return value;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    if (typeof value !== "object") throw new TypeError(`${placeOf(path)} is ${describe(value)}, not JSON`);
    if (isFrozenHere(value)) return value as Json;
    if (around.has(value)) throw new TypeError(`${placeOf(path)} contains itself`);
    if (!isPlain(value)) {
      throw new TypeError(`${placeOf(path)} is ${describe(value)}; pass plain JSON (a date as a string)`);
    }
    const target = Array.isArray(value) ? [] : {};
    pending.push({ source: value, target, path });
    return target;
  };

  const result = copy(root, { parent: undefined, key: name });
  for (let step = pending.pop(); step !== undefined; step = pending.pop()) {
    const { source, target, path } = step;
    if (target === undefined) {
      around.delete(source);
      continue;
    }
    around.add(source);
    pending.push({ source, target: undefined, path });
    if (Array.isArray(source)) {
      const elements = target as Json[];
      for (let index = 0; index < source.length; index++)
        elements.push(copy(source[index], { parent: path, key: index }));
    } else {
      for (const [key, value] of Object.entries(source)) {
        if (value !== undefined) setOwn(target, key, copy(value, { parent: path, key }));
      }
    }
  }
  return result;
}

/** Objects and arrays as literals make them, and objects without a prototype. */
function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Assignment would call the setter of `__proto__`; a definition creates the property. */
function setOwn(target: object, key: string, value: Json): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    (target as Record<string, Json>)[key] = value;
  }
}

function describe(value: unknown): string {
  if (value === undefined || typeof value === "number") return String(value);
  if (typeof value === "object" && value !== null) {
    const { name } = (value.constructor ?? {}) as { name?: string };
    if (name === undefined || name === "") return "a class instance";
    return `${/^[AEIOU]/i.test(name) ? "an" : "a"} ${name}`;
  }
  return `a ${typeof value}`;
}

function placeOf(path: Path): string {
  const keys: string[] = [];
  for (let at: Path | undefined = path; at !== undefined && keys.length < 20; at = at.parent) {
    keys.unshift(
      typeof at.key === "number" ? `[${at.key}]` : at.parent === undefined ? at.key : `.${at.key}`,
    );
  }
  return keys.join("");
}
