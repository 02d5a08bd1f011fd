import type { HeadChanges } from "./head.ts";
import type { Message } from "./message.ts";
import type { SideLists } from "./side-lists.ts";

/** Where a splice begins: a position, or wherever the messages end when the commit is applied. */
export type SpliceStart = number | "end";

/**
 * One durable change of one session. Every change is one of these: an append is a splice at the end, a summarisation
 * a splice at the start, a new title a `set`.
 */
export interface Commit {
  /**
   * The revision that the change was made on; the commit is refused with `ConflictError` when the session is at
   * another one. 0 creates the session. Left out: it applies to whatever is current (the session must exist, and the
   * splice must be at the end).
   */
  readonly base?: number | undefined;
  /** The version tag that was read together with `base`; it tells apart two histories that share a number. */
  readonly baseTag?: string | undefined;
  /** Repeating a commit with the same operation id stores it once. */
  readonly operationId?: string | undefined;
  /** `[start, deleteCount, messages]`, as `Array.prototype.splice` takes them. */
  readonly splice?:
    readonly [start: SpliceStart, deleteCount: number, messages: readonly Message[]] | undefined;
  /** Fields of the head that get a new value. */
  readonly set?: HeadChanges | undefined;
  /** Items that are added to the ends of the session's side lists. */
  readonly side?: SideLists | undefined;
  /**
   * When it happened (RFC 3339), for a change that is brought in from elsewhere: the session counts as changed then,
   * but never before its last commit. Default: now.
   */
  readonly at?: string | undefined;
  /**
   * The token of the lease under which it is made: it is refused with `LeaseLostError` when the session is not held by
   * that lease (any more). Left out: whoever holds the session.
   */
  readonly lease?: string | undefined;
  /** Added to the token count that is current (for a commit without `base`). */
  readonly addTokens?: number | undefined;
}

/** What a commit became. */
export interface Committed {
  /** The session's revision with this commit, counted from 1. */
  readonly revision: number;
  /** Identifies this revision's content; opaque. */
  readonly tag: string;
  /** When it happened, RFC 3339 UTC in milliseconds. */
  readonly at: string;
  /** The number of messages after it. */
  readonly messageCount: number;
  /** The operation id had been stored before; nothing new was written. */
  readonly repeated: boolean;
}
