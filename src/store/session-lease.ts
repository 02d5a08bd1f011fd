/// <reference lib="esnext.disposable" preserve="true" />
import type { EngineLease } from "../engine/lease.ts";
import type { Sessions } from "../operations/sessions.ts";
import { checkObject, checkOptions, checkText } from "../session/json/arguments.ts";
import { InvalidArgumentError } from "../session/errors/errors.ts";
import type { Holder } from "../session/summary/holder.ts";
import { parseSessionId, type SessionId } from "../session/session-id.ts";

/**
 * A session that is held, until `release` or the end of the block: `await using lease = await store.lease(id, { by })`.
 * What is written under it (`store.save(session, { lease })`) is stored only while it holds. Once lost it stays lost.
 */
export class SessionLease implements Holder {
  readonly id: SessionId;
  readonly by: string;
  readonly since: string;
  /** For `store.commit(id, { …, lease: lease.token })`. */
  readonly token: string;
  readonly #lease: EngineLease;

  /** @internal */
  constructor(id: SessionId, lease: EngineLease) {
    this.id = id;
    this.by = lease.by;
    this.since = lease.since;
    this.token = lease.token;
    this.#lease = lease;
  }

  /** Gives the session back. Does nothing when the lease is lost, or was released before. */
  async release(): Promise<void> {
    await this.#lease.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}

/** How a session is changed as a whole. */
export interface UnderLease {
  /** Change it only while this lease on it holds; else `LeaseLostError`. Default: whoever holds the session. */
  readonly lease?: SessionLease | undefined;
}

/** What an operation on one session needs. @throws {InvalidArgumentError} when the lease is on another session. */
export function under(sessions: Sessions, id: string, options: UnderLease): Sessions {
  checkOptions(options);
  tokenFor(parseSessionId(id), options.lease);
  return { ...sessions, lease: options.lease };
}

/** What a commit of a session names. @throws {InvalidArgumentError} when the lease is on another session. */
export function tokenFor(id: SessionId, lease: SessionLease | undefined): string | undefined {
  if (lease === undefined) return undefined;
  // Without its token the write would be stored whether the lease holds or not.
  checkObject(lease, "lease");
  checkText(lease.token, "The token of the lease");
  if (lease.id !== id)
    throw new InvalidArgumentError(`The lease is on session ${lease.id}, not on ${id}. Nothing was stored.`);
  return lease.token;
}
