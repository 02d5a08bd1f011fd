/** Any value that JSON can express. Arrays and objects that this package hands out are deeply frozen. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/**
 * Values that `JSON.stringify` would change or refuse: a negative zero, a number beyond the double range (as a file
 * may hold it), nesting too deep for its recursion. They take the slower exact writer.
 */
const needsExactWriter = new WeakSet<object>();

const DEEPEST_RECURSION = 500;

/**
 * A deeply frozen copy of `value`, whatever the caller does to the original afterwards. Properties that are
 * `undefined` are left out, as JSON does; anything else that JSON cannot express exactly is refused.
 *
 * @throws {TypeError} names the place (`content[3].when`) and what is wrong there.
 */
export function frozenJson(value: unknown, name: string): Json {
  return walk(value, name, true);
}

/** Freezes a value that came out of `JSON.parse`, in place. */
export function freezeParsed(value: Json): Json {
  return walk(value, "", false);
}

/** JSON text of a frozen value, exact: lone surrogates escaped, `-0` kept, any depth. */
export function jsonText(value: Json): string {
  return typeof value === "object" && value !== null && needsExactWriter.has(value)
    ? exactText(value)
    : JSON.stringify(Object.is(value, -0) ? 0 : value);
}

/** Deep equality of JSON values; key order does not matter, `-0` and `0` differ. */
export function jsonEquals(left: Json | undefined, right: Json | undefined): boolean {
  const pending: [Json | undefined, Json | undefined][] = [[left, right]];
  for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
    const [a, b] = pair;
    if (Object.is(a, b)) continue;
    if (!isContainer(a) || !isContainer(b) || Array.isArray(a) !== Array.isArray(b)) return false;
    const keys = Object.keys(a);
    if (keys.length !== Object.keys(b).length) return false;
    for (const key of keys) {
      if (!Object.hasOwn(b, key)) return false;
      pending.push([(a as JsonObject)[key], (b as JsonObject)[key]]);
    }
  }
  return true;
}

function isContainer(value: Json | undefined): value is readonly Json[] | JsonObject {
  return typeof value === "object" && value !== null;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

interface Step {
  readonly source: object;
  readonly target: object;
  readonly path: Path;
  readonly depth: number;
}

/** Where a value stands, kept as links so that no string is built unless there is something to complain about. */
interface Path {
  readonly parent: Path | undefined;
  readonly key: string | number;
}

function walk(root: unknown, name: string, copy: boolean): Json {
  let exact = false;
  const pending: Step[] = [];
  const ancestors = copy ? new Map<object, number>() : undefined;

  const visit = (value: unknown, path: Path, depth: number): Json => {
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
        if (!Number.isFinite(value)) {
          if (copy) throw new TypeError(`${placeOf(path)} is ${value}, which JSON cannot express`);
          exact = true;
        }
        if (Object.is(value, -0)) exact = true;
        return value;
      case "object": {
        if (value === null) return null;
        if (depth > DEEPEST_RECURSION) exact = true;
        if (!copy) {
          pending.push({ source: value, target: value, path, depth });
          return value as Json;
        }
        if (!Array.isArray(value)) {
          const prototype: unknown = Object.getPrototypeOf(value);
          if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
            throw new TypeError(
              `${placeOf(path)} is a ${className(value)}; pass plain JSON (a date as a string)`,
            );
          }
        }
        const target: object = Array.isArray(value) ? new Array<Json>(value.length) : {};
        pending.push({ source: value, target, path, depth });
        return target as Json;
      }
      default:
        throw new TypeError(
          `${placeOf(path)} is ${value === undefined ? "undefined" : `a ${typeof value}`}, not JSON`,
        );
    }
  };

  const result = visit(root, { parent: undefined, key: name }, 0);
  for (let step = pending.pop(); step !== undefined; step = pending.pop()) {
    const { source, target, path, depth } = step;
    if (ancestors !== undefined && depth > DEEPEST_RECURSION * 200) {
      throw new TypeError(
        `${placeOf(path)} is nested more than ${DEEPEST_RECURSION * 200} levels deep, or contains itself`,
      );
    }
    if (Array.isArray(source)) {
      for (let index = 0; index < source.length; index++) {
        (target as Json[])[index] = visit(source[index], { parent: path, key: index }, depth + 1);
      }
    } else {
      for (const key of Object.keys(source)) {
        const value = (source as Record<string, unknown>)[key];
        if (value === undefined) continue;
        const child = visit(value, { parent: path, key }, depth + 1);
        if (copy) setOwn(target, key, child);
      }
    }
    Object.freeze(target);
  }
  if (exact && typeof result === "object" && result !== null) needsExactWriter.add(result);
  return result;
}

/** Assignment would call the setter of `__proto__`; a definition creates the property. */
function setOwn(target: object, key: string, value: Json): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    (target as Record<string, Json>)[key] = value;
  }
}

function className(value: object): string {
  return (value.constructor as { name?: string } | undefined)?.name ?? "class instance";
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

function exactText(root: Json): string {
  const out: string[] = [];
  const pending: (Json | { readonly text: string })[] = [];
  const literals = new WeakSet<object>();
  const literal = (text: string): { readonly text: string } => {
    const item = { text };
    literals.add(item);
    return item;
  };
  pending.push(root);
  while (pending.length > 0) {
    const item = pending.pop() as Json;
    if (typeof item === "number") {
      out.push(
        Object.is(item, -0)
          ? "-0"
          : item === Infinity
            ? "1e999"
            : item === -Infinity
              ? "-1e999"
              : String(item),
      );
    } else if (typeof item !== "object" || item === null) {
      out.push(JSON.stringify(item));
    } else if (literals.has(item)) {
      out.push((item as { readonly text: string }).text);
    } else if (Array.isArray(item)) {
      out.push("[");
      pending.push(literal("]"));
      for (let index = item.length - 1; index >= 0; index--) {
        pending.push(item[index] as Json);
        if (index > 0) pending.push(literal(","));
      }
    } else {
      out.push("{");
      pending.push(literal("}"));
      const entries = Object.entries(item as JsonObject);
      for (let index = entries.length - 1; index >= 0; index--) {
        const [key, value] = entries[index] as [string, Json];
        pending.push(value, literal(`${index > 0 ? "," : ""}${JSON.stringify(key)}:`));
      }
    }
  }
  return out.join("");
}
