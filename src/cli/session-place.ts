import { usageError } from "./exit-code.ts";

/** A session as the command line names it, and a message in it where one is named. */
export interface SessionPlace {
  readonly session: string;
  readonly position: number | undefined;
}

/** `6113:800`: the message at position 800 of the session that begins with 6113. @throws {CommandError} */
export function sessionPlace(text: string): SessionPlace {
  const colon = text.lastIndexOf(":");
  if (colon < 0) return { session: text, position: undefined };
  const position = Number(text.slice(colon + 1));
  if (!/^\d+$/.test(text.slice(colon + 1)) || !Number.isSafeInteger(position))
    throw usageError(
      `Behind the colon stands a message's position, a whole number, not ${JSON.stringify(text.slice(colon + 1))}.`,
    );
  return { session: text.slice(0, colon), position };
}
