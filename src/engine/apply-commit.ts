import { checkTexts, shown } from "../session/json/arguments.ts";
import type { Commit } from "../session/commit.ts";
import { ConflictError, InvalidArgumentError, SessionNotFoundError } from "../session/errors/errors.ts";
import { checkStoredHead, EMPTY_HEAD, type HeadChanges, type SessionHead } from "../session/head.ts";
import type { Message } from "../session/message.ts";
import type { SessionId } from "../session/session-id.ts";
import { checkedSideEntries, type SideEntry } from "../session/side-lists.ts";
import { isTime, timeMs } from "../session/time.ts";
import type { RemoveOptions } from "./contract.ts";

/** What a commit needs to know of the session that it changes. */
export interface CurrentSession {
  readonly revision: number;
  readonly tag: string;
  readonly head: SessionHead;
  readonly messageCount: number;
  /** When it was changed last. Left out by an engine that sees to it elsewhere that times never go back. */
  readonly updatedAt?: string | undefined;
}

/** A commit with every open question answered: what to store, and what the session is afterwards. */
export interface AppliedCommit {
  readonly revision: number;
  /** When it happened; never before the commit that it follows. */
  readonly at: string;
  /** The first message that is removed or pushed back; where the messages end for an append. */
  readonly start: number;
  readonly deleteCount: number;
  readonly inserted: readonly Message[];
  /** Fields that get a new value, the token count among them; `undefined` when the commit sets none. */
  readonly set: HeadChanges | undefined;
  readonly head: SessionHead;
  readonly messageCount: number;
  /** Items for the side lists, in order. */
  readonly side: readonly SideEntry[];
}

/**
 * What `commit` makes of `current` (`undefined`: there is no such session). Pure; a refusal changes nothing.
 *
 * @throws {ConflictError} when the session is at another revision, or of another history, than the commit's base.
 * @throws {SessionNotFoundError} when the commit names no base and there is no session.
 * @throws {InvalidArgumentError | InvalidSessionError} when the commit makes no sense.
 */
export function applyCommit(
  id: SessionId,
  current: CurrentSession | undefined,
  commit: Commit,
): AppliedCommit {
  const side = checkCommit(commit);
  checkBase(id, current, commit);
  const count = current?.messageCount ?? 0;
  const { start, deleteCount, inserted } = resolveSplice(commit, count);
  const before = current?.head ?? EMPTY_HEAD;
  const set = resolveSet(before, commit);
  return {
    revision: (current?.revision ?? 0) + 1,
    at: timeOf(commit, current?.updatedAt),
    start,
    deleteCount,
    inserted,
    set,
    head: set === undefined ? before : Object.freeze({ ...before, ...set }),
    messageCount: count - deleteCount + inserted.length,
    side,
  };
}

/**
 * Refuses a commit that makes no sense whatever the session is.
 * @returns its side items.
 * @throws {InvalidArgumentError | InvalidSessionError}
 */
export function checkCommit(commit: Commit): readonly SideEntry[] {
  const { base, at, splice, set, addTokens, side, lease } = commit;
  checkTexts(commit, ["operationId", "baseTag"]);
  if (base !== undefined) checkWhole(base, "base");
  if (at !== undefined && !isTime(at)) {
    throw new InvalidArgumentError(`at must be an RFC 3339 time, not ${shown(at)}.`);
  }
  if (lease !== undefined && typeof (lease as unknown) !== "string")
    throw new InvalidArgumentError("lease must be the token of a lease.");
  if (splice !== undefined) {
    const [start, deleteCount] = splice;
    checkWhole(deleteCount, "deleteCount");
    if (start !== "end") checkWhole(start, "start");
    if (start !== "end" && base === undefined) {
      throw new InvalidArgumentError(
        'A commit without a base can only splice at the "end": positions belong to a revision.',
      );
    }
  }
  if (set !== undefined) checkStoredHead(set);
  if (addTokens !== undefined) checkWhole(addTokens, "addTokens");
  return checkedSideEntries(side);
}

/**
 * When a commit happened, in milliseconds' precision.
 * @param updatedAt when the session that it changes was changed last: a session's times never go back.
 */
export function timeOf({ at }: Commit, updatedAt?: string): string {
  const time = at === undefined ? Date.now() : timeMs(at);
  return new Date(updatedAt === undefined ? time : Math.max(time, Date.parse(updatedAt))).toISOString();
}

/**
 * What `RemoveOptions.ifUnchanged` asks for.
 * @throws {ConflictError} when the session is not as it was.
 */
export function checkUnchanged(
  id: SessionId,
  known: RemoveOptions["ifUnchanged"],
  { revision, updatedAt }: { readonly revision: number; readonly updatedAt: string },
): void {
  if (known === undefined) return;
  if (known.revision !== revision || timeMs(known.updatedAt) !== timeMs(updatedAt))
    throw new ConflictError(id, known.revision, revision);
}

function checkBase(id: SessionId, current: CurrentSession | undefined, commit: Commit): void {
  const { base, baseTag } = commit;
  if (base === undefined) {
    if (current === undefined) throw new SessionNotFoundError(id);
    return;
  }
  const revision = current?.revision ?? 0;
  if (base !== revision) throw new ConflictError(id, base, revision);
  if (current !== undefined && baseTag !== undefined && baseTag !== current.tag) {
    throw new ConflictError(id, base, revision);
  }
}

function resolveSplice(
  commit: Commit,
  count: number,
): Pick<AppliedCommit, "start" | "deleteCount" | "inserted"> {
  if (commit.splice === undefined) return { start: count, deleteCount: 0, inserted: [] };
  const [givenStart, givenDeleteCount, inserted] = commit.splice;
  if (givenStart === "end") return { start: count, deleteCount: 0, inserted };
  const start = Math.min(givenStart, count);
  return { start, deleteCount: Math.min(givenDeleteCount, count - start), inserted };
}

function resolveSet(head: SessionHead, commit: Commit): HeadChanges | undefined {
  const { set, addTokens } = commit;
  if (addTokens === undefined) return set;
  return { ...set, tokenCount: (set?.tokenCount ?? head.tokenCount) + addTokens };
}

function checkWhole(value: number, name: string): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgumentError(`${name} must be a whole number from 0 up, not ${String(value)}.`);
  }
}
