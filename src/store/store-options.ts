import type { Durability } from "../engine/contract.ts";
import type { Committed } from "../session/commit.ts";
import type { SessionSummary } from "../session/summary/summary.ts";
import type { TokenEstimator } from "../session/summary/tokens.ts";
import type { Redact } from "../redaction/redact.ts";
import type { SessionLease } from "./session-lease.ts";

/** Where a store writes what it notices; `console` is one. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
}

export interface SessionStoreOptions {
  /** When a save counts as stored. Default: `disk`. */
  readonly durability?: Durability | undefined;
  /**
   * Whether `close` of the store closes its engine too. Default: when the store made the engine. One that was handed in
   * is its owner's: other stores may use it.
   */
  readonly closeEngine?: boolean | undefined;
  /** Gets one line for each report. Default: silence. */
  readonly logger?: Logger | undefined;
  /** Used for sessions that the store loads, and by `append`. Default: Astrid's estimate. */
  readonly estimateTokens?: TokenEstimator | undefined;
  /**
   * Changes every text of messages, side lists, titles, prompts, tags and the session's own strings before it is stored;
   * session objects in memory keep theirs. `redactSecrets` is one. What is stored already stays. Default: nothing.
   */
  readonly redact?: Redact | undefined;
}

export interface AppendOptions {
  /** Refuse with `ConflictError` unless the session is at this revision. Default: append whatever it is. */
  readonly expectedRevision?: number | undefined;
  /** Repeating an append with the same operation id stores it once. */
  readonly operationId?: string | undefined;
  /** When it happened (RFC 3339), for messages that are brought in from elsewhere. Default: now. */
  readonly at?: string | undefined;
  /** Store it only while this lease on the session holds; else `LeaseLostError`. Default: whoever holds the session. */
  readonly lease?: SessionLease | undefined;
}

export interface CleanupOldOptions {
  /** What is old: the time of creation, as Astrid has it, or the last commit. Default: `created`. */
  readonly by?: "created" | "activity" | undefined;
  /** Only count. Default: false. */
  readonly dryRun?: boolean | undefined;
  /** Into the trash, where `restore` finds them; `false` removes them for good. Default: true. */
  readonly trash?: boolean | undefined;
  /** Called for each session that is (or would be) removed. */
  readonly onRemove?: ((summary: SessionSummary) => void) | undefined;
}

export interface LoadOptions {
  /**
   * The session may be at an earlier revision than the current one, or seem not to be there: an engine that has replicas
   * may ask one of them. A save on an earlier revision is refused with `CONFLICT`; load it again without this then.
   * Default: false.
   */
  readonly mayBeBehind?: boolean | undefined;
  /** With either of these it is a view: see `ViewOptions`. */
  readonly lastMessages?: undefined;
  readonly revision?: undefined;
}

/** Which part of a session to load, for reading: its last messages, an earlier revision, or the end of that. */
export type ViewOptions = LastMessages | AtRevision;

interface LastMessages extends Current {
  /** Only so many messages, from the end. Default: all. */
  readonly lastMessages: number;
  /** As the session was at this revision. Default: the current one. */
  readonly revision?: number | undefined;
}

interface AtRevision extends Current {
  readonly lastMessages?: number | undefined;
  readonly revision: number;
}

interface Current {
  /** A view is never behind, whatever this says. */
  readonly mayBeBehind?: boolean | undefined;
}

/** Options that may ask for a part or not, as a program passes them on. */
export interface MaybeView extends Current {
  readonly lastMessages?: number | undefined;
  readonly revision?: number | undefined;
}

export interface SnapshotOptions {
  /** As the session was at this revision. Default: the current one. */
  readonly revision?: number | undefined;
}

export interface SaveOptions {
  /**
   * Repeating a save of the same change with the same operation id stores it once, also from another process. Default:
   * none; a change whose outcome is unknown is known by its content then.
   */
  readonly operationId?: string | undefined;
  /** Store it only while this lease on the session holds; else `LeaseLostError`. Default: whoever holds the session. */
  readonly lease?: SessionLease | undefined;
}

/** What a save became. */
export interface Saved extends Committed {
  /** The session was as it is stored already; nothing was written. */
  readonly unchanged: boolean;
}
