import type { SessionHead } from "./head.ts";
import { isSessionId, type SessionId } from "./session-id.ts";

type Custom = SessionHead["custom"];

/** Where a session's own strings say of which other one it is a fork: `<id>@<revision>`, or the id alone. */
const FORKED_FROM = "forked_from";
/** How many of its first messages it took over from there. */
const TAKEN_OVER = "taken_over";
/** What earlier versions called that in forks of their own. */
const FORMER_NAME = "forked_messages";

/** How many of a session's first messages, of so many that it has, were said in the session of which it is a fork. */
export function takenOverOf(custom: Custom, messageCount = Infinity): number {
  const count = Number(custom[TAKEN_OVER] ?? custom[FORMER_NAME] ?? 0);
  return Number.isSafeInteger(count) && count > 0 ? Math.min(count, messageCount) : 0;
}

/** The same strings with another such count; as they are when it is that already. */
export function withTakenOver(custom: Custom, count: number): Custom {
  if (takenOverOf(custom) === count) return custom;
  const { [FORMER_NAME]: _, ...rest } = custom;
  return { ...rest, [TAKEN_OVER]: String(count) };
}

/** The strings of a fork that took over so many messages from a session, as it was at a revision. */
export function forkedFrom(custom: Custom, from: string, count: number): Custom {
  const { [FORMER_NAME]: _, ...rest } = custom;
  return { ...rest, [FORKED_FROM]: from, [TAKEN_OVER]: String(count) };
}

/** The id of the session of which one is a fork. */
function originOf(custom: Custom): string | undefined {
  return custom[FORKED_FROM]?.split("@")[0];
}

/** The session in which a fork's message at a position was said, when the fork took it over. */
export function takenFrom(custom: Custom, position: number | undefined): SessionId | undefined {
  if (position === undefined || position >= takenOverOf(custom)) return undefined;
  const origin = originOf(custom);
  return origin !== undefined && isSessionId(origin) ? origin : undefined;
}

/** How many of a session's first messages are those of another one that is among these, and are counted there. */
export function countedElsewhere(
  { custom, takenOver }: { readonly custom: Custom; readonly takenOver: number },
  isThere: (id: string) => boolean,
): number {
  const origin = originOf(custom);
  return origin !== undefined && isThere(origin) ? takenOver : 0;
}
