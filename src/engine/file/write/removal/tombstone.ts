import { CorruptSessionError } from "../../../../session/errors/errors.ts";
import type { SessionId } from "../../../../session/session-id.ts";
import type { FileContext } from "../../disk/file-context.ts";
import { storageError } from "../../disk/storage-error.ts";
import type { Journal } from "../../journal/journal.ts";
import { encodeCommit, encodeSeal } from "../../journal/record/encode-record.ts";
import type { CommitRecord } from "../../journal/record/record.ts";
import { syncJournal } from "../../journal/replace-journal.ts";

/**
 * The moment of a removal: once this is synced, the session is gone, and what a crash leaves of its files is no
 * session any more. What is left of a write that failed is taken back.
 */
export async function appendTombstone(
  context: FileContext,
  id: SessionId,
  journal: Journal,
  removed: "gone" | "trash",
  why?: CommitRecord["why"],
): Promise<void> {
  await appendAfterLast(context, id, journal, { removed, why });
}

/** The commit that takes a tombstone back. */
export async function appendRestored(context: FileContext, id: SessionId, journal: Journal): Promise<void> {
  await appendAfterLast(context, id, journal, { removed: undefined, restored: true });
}

/** A commit that changes nothing of the session but whether it is there. */
async function appendAfterLast(
  context: FileContext,
  id: SessionId,
  journal: Journal,
  change: Pick<CommitRecord, "removed" | "why" | "restored">,
): Promise<void> {
  const scan = await journal.ending();
  const { last } = scan;
  if (last === undefined) throw new CorruptSessionError(id, "the journal holds no commit that can be read");
  const earlier = journal.earlierOf(last);
  const life = earlier === undefined ? undefined : journal.recordAt(earlier)?.record;
  // Times never go back, neither within a life nor among removals.
  const before = life?.kind === "commit" ? Date.parse(life.at) : -Infinity;
  const now = new Date(Math.max(Date.now(), Date.parse(last.at), before)).toISOString();
  const { line } = encodeCommit({
    previous: scan.position.checksum,
    revision: scan.position.revision + 1,
    life: scan.position.life,
    at: now,
    messageCount: last.messageCount,
    tokenCount: last.tokenCount,
    listing: scan.listing,
    earlier,
    // What was stored last may wait for its sync still (`durability: "process"`).
    synced: last.synced ?? scan.lastOffset,
    ...change,
  });
  const bytes =
    scan.tornFrom === undefined ? line : Buffer.concat([encodeSeal(scan.tornFrom, scan.end), line]);
  const { end } = journal;
  try {
    await journal.append(bytes, "tombstone.append");
    await syncJournal(context, id, journal, "tombstone.sync");
  } catch (error) {
    // The next try must not find what a sync that failed may have lost, and take it for stored.
    if (await journal.rollBack(end, bytes)) throw error;
    throw storageError(error, `change session ${id}`, "unknown");
  }
}
