import { InvalidSessionIdError } from "./errors/errors.ts";

/** A session's id: a UUID, hyphenated, in lower case. It is also the stem of the session's files. */
export type SessionId = string & { readonly __sessionId: unique symbol };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The same in any case; also in braces, as a URN, or 32 digits without hyphens. */
const OTHER_FORMS =
  /^(?:\{([0-9a-f-]{36})\}|urn:uuid:([0-9a-f-]{36})|([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12}))$/;

/** A new random id (UUID version 4, as Astrid makes them). */
export function newSessionId(): SessionId {
  return crypto.randomUUID() as SessionId;
}

export function isSessionId(text: unknown): text is SessionId {
  return typeof text === "string" && UUID.test(text);
}

/** @throws {InvalidSessionIdError} when `text` is not a lower-case UUID; nothing else ever becomes a file name. */
export function parseSessionId(text: unknown): SessionId {
  if (!isSessionId(text)) throw new InvalidSessionIdError(text);
  return text;
}

/**
 * The id that a text names in any form that Astrid reads: a UUID in upper or lower case, hyphenated or 32 digits,
 * hyphenated also in braces or behind `urn:uuid:`.
 * @throws {InvalidSessionIdError} for any other text.
 */
export function readSessionId(text: unknown): SessionId {
  if (isSessionId(text)) return text;
  if (typeof text !== "string") throw new InvalidSessionIdError(text);
  const lower = text.toLowerCase();
  const [, inBraces, inUrn, ...digits] = OTHER_FORMS.exec(lower) ?? [];
  const id = inBraces ?? inUrn ?? (digits[0] === undefined ? lower : digits.join("-"));
  // Lower case of a text that is no UUID may be one: the Kelvin sign becomes a k, never a hex digit.
  if (!isSessionId(id)) throw new InvalidSessionIdError(text);
  return id;
}
