import { InvalidSessionIdError } from "./errors.ts";

/** A session's id: a UUID, hyphenated, in lower case. It is also the stem of the session's files. */
export type SessionId = string & { readonly __sessionId: unique symbol };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

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
