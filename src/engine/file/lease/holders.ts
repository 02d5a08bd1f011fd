import type { Holder } from "../../../session/summary/holder.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { SessionSummary } from "../../../session/summary/summary.ts";
import type { Unlock } from "../disk/disk.ts";
import type { FileContext } from "../disk/file-context.ts";
import { sessionOfFile } from "../disk/session-paths.ts";
import { readLease, type LeaseRecord } from "./lease-record.ts";

/**
 * Whether the owner of a lease is alive and has not released it: their lock is taken.
 * @param patience so long, in milliseconds, a lock may be taken by someone who only looks, as this does.
 */
export async function isHeld(
  { disk, paths }: FileContext,
  id: SessionId,
  { token }: LeaseRecord,
  patience = 0,
): Promise<boolean> {
  const path = paths.leaseLock(id, token);
  if (disk.stat(path) === undefined) return false;
  let unlock: Unlock | undefined;
  try {
    unlock = await disk.lock(path, patience);
  } catch {
    // Whoever may not write the store cannot look; what the lease says is all that is known.
    return true;
  }
  try {
    unlock?.();
  } catch {
    // It was to be had, and what cannot be given back in order is closed.
  }
  return unlock === undefined;
}

/** Who holds a session. */
export async function holderOf(context: FileContext, id: SessionId): Promise<Holder | null> {
  const record = await readLease(context, id);
  if (record === undefined || !(await isHeld(context, id, record))) return null;
  return { by: record.by, since: record.since };
}

/** The same sessions, with who holds them: only those are looked at that have a lease file. */
export async function withHolders(
  context: FileContext,
  sessions: SessionSummary[],
): Promise<SessionSummary[]> {
  const { disk, paths } = context;
  const names = disk.list(paths.leases) ?? [];
  if (names.length === 0) return sessions;
  const leased = new Set(names.map((name) => sessionOfFile(name)));
  const all = sessions.slice();
  for (const [index, summary] of sessions.entries()) {
    if (!leased.has(summary.id)) continue;
    all[index] = { ...summary, held: await holderOf(context, summary.id) };
  }
  return all;
}
