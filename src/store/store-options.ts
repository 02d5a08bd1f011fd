import type { Durability } from "../engine/contract.ts";
import type { SessionSummary } from "../session/summary.ts";
import type { TokenEstimator } from "../session/tokens.ts";

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
}

export interface AppendOptions {
  /** Refuse with `ConflictError` unless the session is at this revision. Default: append whatever it is. */
  readonly expectedRevision?: number | undefined;
  /** Repeating an append with the same operation id stores it once. */
  readonly operationId?: string | undefined;
  /** When it happened (RFC 3339), for messages that are brought in from elsewhere. Default: now. */
  readonly at?: string | undefined;
}

export interface CleanupOptions {
  /** What is old: the time of creation, as Astrid has it, or the last commit. Default: `created`. */
  readonly by?: "created" | "activity" | undefined;
  /** Only count. Default: false. */
  readonly dryRun?: boolean | undefined;
  /** Into the trash instead of for good. Default: false. */
  readonly trash?: boolean | undefined;
  /** Called for each session that is (or would be) removed. */
  readonly onRemove?: ((summary: SessionSummary) => void) | undefined;
}

export interface LoadOptions {
  /** Only so many messages, from the end: a view for reading, which `save` refuses. Default: all. */
  readonly lastMessages?: number | undefined;
  /**
   * The session may be at an earlier revision than the current one, or seem not to be there: an engine that has replicas
   * may ask one of them. A save on an earlier revision is refused with `CONFLICT`; load it again without this then. Has
   * no effect with `lastMessages`. Default: false.
   */
  readonly mayBeBehind?: boolean | undefined;
}
