import type { SessionHead } from "./head.ts";
import { isSessionId, type SessionId } from "./session-id.ts";

type Custom = SessionHead["custom"];

/** Where a session's own strings say of which other one it is a fork: `<id>@<revision>`, or the id alone. */
const FORKED_FROM = "forked_from";
/** How many of its first messages it took over from there. */
const TAKEN_OVER = "taken_over";
/** How many of its tokens are theirs. Absent in forks of earlier versions. */
const TAKEN_OVER_TOKENS = "taken_over_tokens";
/** What earlier versions called the number of messages, in forks of their own. */
const FORMER_NAME = "forked_messages";

/** What a fork took over from the session of which it is one. */
export interface TakenOver {
  /** So many of its first messages were said there. */
  readonly messages: number;
  /** And so many of its tokens are theirs. */
  readonly tokens: number;
}

/** How many of a session's first messages, of so many that it has, were said in the session of which it is a fork. */
export function takenOverOf(custom: Custom, messageCount = Infinity): number {
  return Math.min(countOf(custom[TAKEN_OVER] ?? custom[FORMER_NAME]), messageCount);
}

/** How many of a session's tokens are those of the messages that it took over; 0 where an earlier version forked it. */
export function takenOverTokensOf(custom: Custom, messageCount: number, tokenCount: number): number {
  if ((custom[TAKEN_OVER] ?? custom[FORMER_NAME]) === undefined) return 0;
  // It has nothing else: what it counts is what it began with, its system prompt for one.
  if (takenOverOf(custom, messageCount) === messageCount) return tokenCount;
  return Math.min(countOf(custom[TAKEN_OVER_TOKENS]), tokenCount);
}

function countOf(text: string | undefined): number {
  const count = Number(text ?? 0);
  return Number.isSafeInteger(count) && count > 0 ? count : 0;
}

/** The same strings with other such counts; as they are when as many messages are taken over already. */
export function withTakenOver(custom: Custom, { messages, tokens }: TakenOver): Custom {
  if (takenOverOf(custom) === messages) return custom;
  const { [FORMER_NAME]: _, ...rest } = custom;
  return { ...rest, [TAKEN_OVER]: String(messages), [TAKEN_OVER_TOKENS]: String(tokens) };
}

/** The strings of a fork that took over so much from a session, as it was at a revision. */
export function forkedFrom(custom: Custom, from: string, { messages, tokens }: TakenOver): Custom {
  const { [FORMER_NAME]: _, ...rest } = custom;
  return {
    ...rest,
    [FORKED_FROM]: from,
    [TAKEN_OVER]: String(messages),
    [TAKEN_OVER_TOKENS]: String(tokens),
  };
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
