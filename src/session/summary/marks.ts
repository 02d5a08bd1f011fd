import type { SessionHead } from "../head.ts";

/** Keys of the session's own strings, with the time since when; Astrid keeps them. */
export const PINNED = "pinned";
export const ARCHIVED = "archived";

/** Whether a session is pinned, or archived. */
export function isPinned({ custom }: Pick<SessionHead, "custom">): boolean {
  return custom[PINNED] !== undefined;
}

export function isArchived({ custom }: Pick<SessionHead, "custom">): boolean {
  return custom[ARCHIVED] !== undefined;
}

/** A session's own strings without those that say how it is kept. */
export function withoutMarks(custom: SessionHead["custom"]): SessionHead["custom"] {
  const { [PINNED]: _, [ARCHIVED]: __, ...rest } = custom;
  return rest;
}
