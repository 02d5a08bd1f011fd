import { SessionStoreError, type Outcome } from "./errors.ts";
import type { Holder } from "../summary/holder.ts";

/** `SESSION_HELD`: somebody else holds the session. */
export class LeaseHeldError extends SessionStoreError {
  override readonly name = "LeaseHeldError";
  readonly sessionId: string;
  /** Who holds it, as they called themselves. */
  readonly by: string;
  /** Since when, RFC 3339. */
  readonly since: string;

  constructor(sessionId: string, { by, since }: Holder) {
    super(
      "SESSION_HELD",
      `Session ${sessionId} is held by ${JSON.stringify(by)} since ${since}. ` +
        `Wait until it is released, or take it over with { takeOver: true }.`,
    );
    this.sessionId = sessionId;
    this.by = by;
    this.since = since;
  }
}

/** `LEASE_LOST`: the lease that a write names is not the session's (any more). Nothing was stored. */
export class LeaseLostError extends SessionStoreError {
  override readonly name = "LeaseLostError";
  readonly outcome: Outcome = "not-stored";
  readonly sessionId: string;
  /** Who holds the session now; `undefined` when nobody does. */
  readonly holder: Holder | undefined;

  constructor(sessionId: string, holder: Holder | undefined) {
    const why =
      holder === undefined
        ? "it was released or has run out"
        : `${JSON.stringify(holder.by)} has held the session since ${holder.since}`;
    super(
      "LEASE_LOST",
      `The lease on session ${sessionId} is lost: ${why}. ` +
        `Nothing was stored; take a new lease, load the session again and repeat the change.`,
    );
    this.sessionId = sessionId;
    // What is given may know more, such as the token.
    this.holder = holder && { by: holder.by, since: holder.since };
  }
}
