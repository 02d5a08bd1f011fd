import { InvalidArgumentError } from "../errors/errors.ts";

/** What callers without types hand over is checked here; each check throws `InvalidArgumentError`. */

/** An object, such as options or a query. */
export function checkObject(value: unknown, name: string): void {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new InvalidArgumentError(`${name} must be an object, not ${shown(value)}.`);
}

export function checkArray(value: unknown, name: string): void {
  if (!Array.isArray(value)) throw new InvalidArgumentError(`${name} must be an array, not ${shown(value)}.`);
}

export function checkText(value: unknown, name: string): void {
  if (typeof value !== "string")
    throw new InvalidArgumentError(`${name} must be a text, not ${shown(value)}.`);
}

/** Parts of an object that are texts or left out. */
export function checkTexts<T extends object>(value: T, names: readonly (keyof T & string)[]): void {
  for (const name of names) if (value[name] !== undefined) checkText(value[name], name);
}

/** Parts of an object that are true, false, or left out. */
export function checkFlags<T extends object>(value: T, names: readonly (keyof T & string)[]): void {
  for (const name of names) {
    if (value[name] !== undefined && typeof value[name] !== "boolean")
      throw new InvalidArgumentError(`${name} must be true or false, not ${shown(value[name])}.`);
  }
}

/** Options that are given, and of them those that are true or false. */
export function checkOptions<T extends object>(options: T, flags: readonly (keyof T & string)[] = []): void {
  checkObject(options, "options");
  checkFlags(options, flags);
}

/** How a value that is refused stands in an error's sentence: whatever it is, short, and never a further error. */
export function shown(value: unknown): string {
  if (typeof value === "string")
    return JSON.stringify(value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  return Array.isArray(value) ? "an array" : "an object";
}

const LONGEST = 100;
