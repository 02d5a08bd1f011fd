import type { Json } from "../../session/json/json.ts";

/** As for the messages themselves: one JSON document is held as a whole. */
export const LARGEST = 256 << 20;

/** `undefined` for a text that is no JSON. */
export function jsonIn(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
