import type { Message } from "../../src/index.ts";
import { endlessMessages } from "./messages.ts";

/** Messages that one save stores: what the assistant said, and what the tool answered. */
export type Turn = readonly Message[];

const MESSAGES_PER_TURN = 2;

/** Turns made ahead of the clock. */
export function turns(count: number, seed: number): Turn[] {
  const messages = endlessMessages(seed);
  return Array.from({ length: count }, () =>
    Array.from({ length: MESSAGES_PER_TURN }, () => messages.next().value),
  );
}
