import type { StorageEngine, StoredSession } from "../engine/contract.ts";
import type { Commit, Committed } from "../session/commit.ts";
import { ConflictError, InvalidArgumentError, SessionNotFoundError } from "../session/errors/errors.ts";
import type { SessionHead } from "../session/head.ts";
import type { Message } from "../session/message.ts";
import { countSaid } from "../session/projection/count-said.ts";
import type { SessionId } from "../session/session-id.ts";
import { tokensIn, type TokenEstimator } from "../session/summary/tokens.ts";
import { checkHeld, type HeldBy } from "./held.ts";

/** What an operation needs of a store. */
export interface Sessions {
  readonly engine: StorageEngine;
  readonly estimate: TokenEstimator;
  /** Under which the session is changed. Left out: whoever holds it. */
  readonly lease?: HeldBy | undefined;
  commit(id: SessionId, commit: Commit): Promise<Committed>;
}

/** How often a change is tried on a session that others write to meanwhile. */
const TRIES = 20;

/**
 * Changes a session as it is stored, whoever writes to it meanwhile: the change is made anew on what they wrote.
 * @param changeOf the change of a session as it is now; `undefined` when there is nothing to do.
 * @throws {SessionNotFoundError | ConflictError | LeaseLostError | StorageError}
 */
export async function change(
  sessions: Sessions,
  id: SessionId,
  changeOf: (stored: StoredSession) => Promise<Change | undefined> | Change | undefined,
): Promise<Committed | undefined> {
  const { lease } = sessions;
  for (let round = 1; ; round++) {
    const stored = await sessions.engine.read(id);
    if (stored === undefined) throw new SessionNotFoundError(id);
    const changed = await changeOf(stored);
    if (changed === undefined) {
      if (lease !== undefined) await checkHeld(sessions.engine, id, lease);
      return undefined;
    }
    try {
      const { revision: base, tag: baseTag } = stored;
      return await sessions.commit(id, { base, baseTag, lease: lease?.token, ...changed });
    } catch (error) {
      if (!(error instanceof ConflictError) || round === TRIES) throw error;
    }
  }
}

export type Change = Pick<Commit, "at" | "splice" | "set">;

/** A splice of a session's messages, with the token count that it leaves. */
export function spliced(
  sessions: Sessions,
  { head, messages }: StoredSession,
  start: number,
  deleteCount: number,
  inserted: readonly Message[],
): { splice: Change["splice"]; tokenCount: number } {
  const removed = messages.slice(start, start + deleteCount);
  return {
    splice: [start, deleteCount, inserted],
    // What a framework counted of the messages that stay is kept.
    tokenCount: Math.max(head.tokenCount - tokensOf(sessions, removed) + tokensOf(sessions, inserted), 0),
  };
}

export function tokensOf({ estimate }: Sessions, messages: readonly Message[]): number {
  return tokensIn(messages, estimate);
}

/** What a session counts of what is said, without messages that go; where nobody counts, nothing. */
export function countsWithout(
  { turnCount, toolCallCount }: SessionHead,
  gone: readonly Message[],
): Pick<SessionHead, "turnCount" | "toolCallCount"> {
  if (gone.length === 0 || (turnCount === 0 && toolCallCount === 0)) return { turnCount, toolCallCount };
  const { prompts, calls } = countSaid(gone);
  return { turnCount: Math.max(turnCount - prompts, 0), toolCallCount: Math.max(toolCallCount - calls, 0) };
}

/** @throws {InvalidArgumentError} when a session has not so many. */
export function firstMessages(messages: readonly Message[], count: number): Message[] {
  if (Number.isSafeInteger(count) && count >= 0 && count <= messages.length) return messages.slice(0, count);
  throw new InvalidArgumentError(
    `position must be a whole number from 0 to ${messages.length}, the number of messages, not ${String(count)}.`,
  );
}
