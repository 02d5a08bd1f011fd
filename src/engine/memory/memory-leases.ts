import type { Holder } from "../../session/summary/holder.ts";
import { LeaseHeldError, LeaseLostError } from "../../session/errors/lease-errors.ts";
import type { SessionId } from "../../session/session-id.ts";
import { checkedBy, type EngineLease, type LeaseOptions } from "../lease.ts";

/** Which sessions of a process's memory are held. */
export class MemoryLeases {
  readonly #held = new Map<SessionId, EngineLease>();

  /** @throws {LeaseHeldError} when it is held, and is not to be taken over. */
  take(id: SessionId, options: LeaseOptions): EngineLease {
    const by = checkedBy(options);
    const held = this.#held.get(id);
    if (held !== undefined && options.takeOver !== true) throw new LeaseHeldError(id, held);
    const token = crypto.randomUUID();
    const release = async (): Promise<void> => {
      if (this.#held.get(id)?.token === token) this.#held.delete(id);
    };
    const lease = { by, since: new Date().toISOString(), token, release };
    this.#held.set(id, lease);
    return lease;
  }

  /** @throws {LeaseLostError} unless it is this lease by which the session is held. */
  check(id: SessionId, token: string): void {
    const held = this.#held.get(id);
    if (held?.token !== token) throw new LeaseLostError(id, held);
  }

  /** @throws {LeaseHeldError | LeaseLostError} unless nobody holds the session, or the owner of this lease does. */
  checkMine(id: SessionId, token: string | undefined): void {
    if (token !== undefined) this.check(id, token);
    const held = this.#held.get(id);
    if (held !== undefined && held.token !== token) throw new LeaseHeldError(id, held);
  }

  holder(id: SessionId): Holder | null {
    const lease = this.#held.get(id);
    return lease === undefined ? null : { by: lease.by, since: lease.since };
  }
}
