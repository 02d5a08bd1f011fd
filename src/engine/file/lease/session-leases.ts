import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { StoreClosedError } from "../../../session/errors/errors.ts";
import { LeaseHeldError } from "../../../session/errors/lease-errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { checkedBy, type EngineLease, type LeaseOptions } from "../../lease.ts";
import type { Unlock } from "../disk/disk.ts";
import type { FileContext } from "../disk/file-context.ts";
import { isHeld } from "./holders.ts";
import { readLease, writeLease, type LeaseRecord } from "./lease-record.ts";

/** Runs work alone among everything that writes a session. @param doing for an error: `cannot <doing> <id>`. */
export type Exclusively = <T>(id: SessionId, doing: string, work: () => Promise<T>) => Promise<T>;

/** A listing may have taken a dead owner's lock, to look; it has it for less than this, in milliseconds. */
const LOOK = 20;

/**
 * The leases that this engine holds. A lease is a kernel lock of its own, which is free when its owner dies, and a file
 * that names it. Both change, and writes under a lease look at the file, in the session's turn only.
 */
export class SessionLeases {
  readonly #context: FileContext;
  readonly #exclusively: Exclusively;
  readonly #held = new Set<EngineLease>();
  #isClosed = false;

  constructor(context: FileContext, exclusively: Exclusively) {
    this.#context = context;
    this.#exclusively = exclusively;
  }

  /** @throws {LeaseHeldError} when it is held, and is not to be taken over. */
  async take(id: SessionId, options: LeaseOptions): Promise<EngineLease> {
    const by = checkedBy(options);
    const takesOver = options.takeOver === true;
    // Whoever asks in vain keeps no one from writing.
    if (!takesOver) await this.#checkFree(id, await readLease(this.#context, id));
    return await this.#exclusively(id, "hold session", async () => {
      if (this.#isClosed) throw new StoreClosedError();
      const before = await readLease(this.#context, id);
      if (!takesOver) await this.#checkFree(id, before);
      const lease = await this.#begin(id, by);
      // Also where its owner is alive: it is not the session's lease any more.
      if (before !== undefined) await this.#discard(id, before.token);
      this.#held.add(lease);
      return lease;
    });
  }

  async #checkFree(id: SessionId, lease: LeaseRecord | undefined): Promise<void> {
    if (lease !== undefined && (await isHeld(this.#context, id, lease, LOOK)))
      throw new LeaseHeldError(id, lease);
  }

  async #begin(id: SessionId, by: string): Promise<EngineLease> {
    const { disk, paths } = this.#context;
    disk.makeDirectory(paths.leases, "store.mkdir");
    const token = randomUUID();
    // A new name, which nobody else knows.
    const unlock = await disk.lock(paths.leaseLock(id, token), 0);
    if (unlock === undefined) throw new Error(`the lock of a new lease on ${id} is taken`);
    const since = new Date().toISOString();
    try {
      await writeLease(this.#context, id, { by, since, token, pid: process.pid, host: hostname() });
    } catch (error) {
      this.#unlock(id, unlock);
      await this.#discard(id, token);
      throw error;
    }
    let released: Promise<void> | undefined;
    const lease: EngineLease = {
      ...{ by, since, token },
      release: () => (released ??= this.#release(id, lease, unlock)),
    };
    return lease;
  }

  async #release(id: SessionId, lease: EngineLease, unlock: Unlock): Promise<void> {
    const { disk, paths } = this.#context;
    const { token } = lease;
    this.#held.delete(lease);
    try {
      await this.#exclusively(id, "release session", async () => {
        if ((await readLease(this.#context, id))?.token === token)
          await disk.remove(paths.lease(id), "lease.remove");
      });
    } finally {
      this.#unlock(id, unlock);
      await this.#discard(id, token);
    }
  }

  /** A lock that could not be given back in order is closed, and holds nothing either. */
  #unlock(id: SessionId, unlock: Unlock): void {
    try {
      unlock();
    } catch (error) {
      this.#context.report({
        kind: "lock-failed",
        sessionId: id,
        message: `The lock of a lease could not be given back in order (${(error as Error).message}).`,
        error: error as Error,
      });
    }
  }

  /** Removes the lock of a lease that is none any more. One that cannot be removed holds nothing. */
  async #discard(id: SessionId, token: string): Promise<void> {
    const { disk, paths } = this.#context;
    disk.closeIdle?.();
    await disk.remove(paths.leaseLock(id, token), "lease.unlock").catch(() => undefined);
  }

  /** Gives back every lease, whatever becomes of each. @throws the first error. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const released = await Promise.allSettled([...this.#held].map((lease) => lease.release()));
    for (const one of released) if (one.status === "rejected") throw one.reason;
  }
}
