import type { StorageEngine } from "../engine/contract.ts";
import type { Holder } from "../session/summary/holder.ts";
import { LeaseLostError } from "../session/errors/lease-errors.ts";
import type { SessionId } from "../session/session-id.ts";

/** A lease under which a session is changed. */
export type HeldBy = Holder & { readonly token: string };

/**
 * That a lease holds, for what stores nothing and is to be refused where it would be if it stored something. What is
 * stored names the lease instead, which is looked at in the step that stores it.
 * @throws {LeaseLostError}
 */
export async function checkHeld(engine: StorageEngine, id: SessionId, lease: HeldBy): Promise<void> {
  const held = (await engine.summary(id))?.held ?? undefined;
  if (held?.by !== lease.by || held.since !== lease.since) throw new LeaseLostError(id, held);
}
