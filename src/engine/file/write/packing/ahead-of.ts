import type { SessionId } from "../../../../session/session-id.ts";
import type { FileContext } from "../../disk/file-context.ts";
import { Journal } from "../../journal/journal.ts";
import { isPackedAt } from "../../packed/seek-table.ts";
import { readSessionTail } from "../../read/session-tail.ts";
import type { PendingCommit } from "../commit-batch.ts";
import { OpenSession } from "../open-session.ts";

/**
 * A packed session that is at a later revision than all that the commits are based on: each of them is refused, and to
 * unpack it for that would leave it unpacked. It is only for looking at: its journal is closed.
 */
export function packedAheadOf(
  context: FileContext,
  id: SessionId,
  pending: readonly PendingCommit[],
): OpenSession | undefined {
  const { disk, paths } = context;
  let latest = 0;
  for (const { commit } of pending) {
    // What was stored before is acknowledged, whatever it was based on.
    if (commit.base === undefined || commit.operationId !== undefined) return undefined;
    latest = Math.max(latest, commit.base);
  }
  if (!isPackedAt(disk, paths.journal(id))) return undefined;
  const found = Journal.open(disk, paths, id, "read");
  if (found.kind !== "ok") return undefined;
  try {
    const tail = readSessionTail(context, id, found.journal);
    if (tail === undefined || tail.scan.removed !== undefined) return undefined;
    return tail.scan.position.revision > latest ? new OpenSession(tail) : undefined;
  } finally {
    found.journal.close();
  }
}
