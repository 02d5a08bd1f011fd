import { CorruptSessionError } from "../../../../session/errors/errors.ts";
import type { SessionId } from "../../../../session/session-id.ts";
import { placeCheckpoint } from "../../checkpoint/place-checkpoint.ts";
import type { FileContext } from "../../disk/file-context.ts";
import type { JournalScan } from "../../journal/follow-journal.ts";
import { Journal } from "../../journal/journal.ts";
import { encodeDocument } from "../../journal/record/encode-record.ts";
import { publishJournal } from "../../journal/publish-journal.ts";
import { isPackedAt } from "../../packed/seek-table.ts";
import { prepareCheckpoint } from "../make-checkpoint.ts";

/**
 * Puts the journal itself in the place of a packed one, with the same bytes. Where the journal says that a document
 * stands beside it, one is written first: a session whose document is missing has been removed by someone. A crash
 * leaves the session packed, with or without a document, or unpacked. The caller holds the session's lock.
 * @returns false when it is not packed; then nothing was done.
 * @throws {CorruptSessionError} when something of it cannot be read: `repair` brings back what can be.
 */
export async function unpackJournal(context: FileContext, id: SessionId): Promise<boolean> {
  const { disk, paths } = context;
  if (!isPackedAt(disk, paths.journal(id))) return false;
  const found = Journal.open(disk, paths, id, "read");
  if (found.kind === "absent") return false;
  if (found.kind === "unusable") throw new CorruptSessionError(id, found.detail);
  const { journal } = found;
  try {
    const scan = await journal.scan(journal.begin);
    if (scan.damage !== undefined) throw new CorruptSessionError(id, scan.damage.detail);
    const note = await putDocument(context, id, journal, scan);
    await publishJournal(context, id, withNote(journal, note), "replace");
    if (journal.packedDamage !== undefined) {
      context.report({
        kind: "damage",
        sessionId: id,
        message: `The session was unpacked (${journal.packedDamage}); nothing of it is missing.`,
      });
    }
    return true;
  } finally {
    journal.close();
  }
}

async function* withNote(journal: Journal, note: Buffer | undefined): AsyncGenerator<Buffer> {
  yield* journal.copy(journal.header.origin, journal.end);
  if (note !== undefined) yield note;
}

/** A document where the journal expects one and there is none; what the journal is to say of it. */
async function putDocument(
  context: FileContext,
  id: SessionId,
  journal: Journal,
  scan: JournalScan,
): Promise<Buffer | undefined> {
  const { disk, paths } = context;
  const mark = journal.markOf(scan);
  if (mark === undefined && scan.checkpoint === 0) return undefined;
  // Whatever stands there is looked at when the session is opened.
  if (disk.stat(paths.checkpoint(id)) !== undefined) return undefined;
  const before = mark?.record.written ?? 0;
  const written = await prepareCheckpoint(context, id, scan.position, before, journal.stat().inode);
  if (written === undefined) return undefined;
  try {
    const stat = await placeCheckpoint(context, id, written, undefined);
    if (stat === undefined) return undefined;
    const { revision, covers, written: bytes } = written;
    return encodeDocument({ revision, stat, covers, written: bytes, foreign: undefined, synced: scan.end });
  } finally {
    await disk.remove(written.path, "temporary.remove").catch(() => undefined);
  }
}
