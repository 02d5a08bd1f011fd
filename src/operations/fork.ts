import { stateAt } from "../engine/state-at.ts";
import type { SessionHead } from "../session/head.ts";
import type { Message } from "../session/message.ts";
import { withoutMarks } from "../session/summary/marks.ts";
import { newSessionId, type SessionId } from "../session/session-id.ts";
import { forkedFrom } from "../session/taken-over.ts";
import { sideLists, type SideLists } from "../session/side-lists.ts";
import { countsWithout, firstMessages, tokensOf, type Sessions } from "./sessions.ts";

/** Where a fork begins. Default: everything that the session holds now. */
export interface ForkAt {
  /** As the session was at a revision. */
  readonly revision?: number | undefined;
  /** Only so many of its messages, from the first. */
  readonly position?: number | undefined;
}

/** What a fork of a session begins with; nothing is stored. */
export interface Forked {
  readonly id: SessionId;
  readonly head: SessionHead;
  readonly messages: Message[];
  readonly side: SideLists | undefined;
}

/** @throws {SessionNotFoundError | InvalidArgumentError} */
export async function forked(
  sessions: Sessions,
  from: SessionId,
  { revision, position }: ForkAt,
): Promise<Forked> {
  const state = await stateAt(sessions.engine, from, revision);
  const messages = position === undefined ? state.messages : firstMessages(state.messages, position);
  const left = state.messages.slice(messages.length);
  const tokens = Math.max(state.head.tokenCount - tokensOf(sessions, left), 0);
  const head: SessionHead = {
    ...state.head,
    ...countsWithout(state.head, left),
    createdAt: new Date().toISOString(),
    title: forkTitle(state.head.title),
    tokenCount: tokens,
    // Whoever forks a session goes on with it: that the other was put away, or is kept, is not said of the fork.
    custom: forkedFrom(withoutMarks(state.head.custom), `${from}@${state.revision}`, {
      messages: messages.length,
      tokens,
    }),
  };
  return { id: newSessionId(), head, messages, side: sideLists(state.side) };
}

/** `Parser` → `Parser (fork)` → `Parser (fork 2)`. */
function forkTitle(title: string | null): string | null {
  if (title === null) return null;
  const again = /^(.*) \(fork(?: (\d+))?\)$/s.exec(title);
  return again === null ? `${title} (fork)` : `${again[1]} (fork ${Number(again[2] ?? 1) + 1})`;
}
