import { ConflictError } from "../../../session/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { FileContext } from "../disk/file-context.ts";
import { publishJournal } from "../journal/publish-journal.ts";
import { journalFrom } from "../journal/restated-journal.ts";
import { tombstones, type Tombstone } from "../read/trashed-lives.ts";
import type { OpenSession } from "./open-session.ts";
import { appendRestored } from "./tombstone.ts";
import { restoreFolder, trashFolders } from "./trash-folders.ts";

type Open = () => Promise<OpenSession | undefined>;

/**
 * Brings back the life of a session that was removed last. The caller holds the session's lock and has nothing of it
 * open.
 * @returns false when the trash has none.
 * @throws {ConflictError} when the id is in use.
 */
export async function restoreSession(context: FileContext, id: SessionId, open: Open): Promise<boolean> {
  const session = await open();
  if (session?.isRemoved === true) {
    await appendRestored(context, id, session.journal);
    return true;
  }
  const [folder] = trashFolders(context, id);
  if (session !== undefined) {
    if (folder === undefined && session.last.earlier === undefined) return false;
    throw new ConflictError(id, 0, session.position.revision);
  }
  if (folder === undefined) return false;
  await restoreFolder(context, folder);
  return true;
}

/**
 * Removes a session's lives that went to the trash before a time for good. The caller holds the session's lock and has
 * nothing of it open.
 * @returns how many.
 */
export async function emptyTrashOf(
  context: FileContext,
  id: SessionId,
  open: Open,
  before: Date | undefined,
): Promise<number> {
  const session = await open();
  if (session === undefined) return 0;
  const { journal, last, lastOffset } = session;
  const all = tombstones(journal, { removed: last.removed, earlier: last.earlier, lastOffset });
  // A journal is cut in one place: a life goes with all before it.
  const kept = all.findIndex((_, index) => all.slice(index).every((one) => isBefore(one, before)));
  const [latest] = kept < 0 ? [] : all.slice(kept);
  if (latest === undefined) return 0;
  if (session.isRemoved && kept === 0) {
    await context.disk.remove(context.paths.journal(id), "remove.journal");
    await context.disk.syncDirectory(context.paths.root, "remove.sync-directory");
  } else {
    const { life, revision, checksum, end: offset } = latest;
    await publishJournal(
      context,
      id,
      journalFrom(id, journal, { offset, life, revision, checksum }),
      "replace",
    );
  }
  return all.length - kept;
}

function isBefore({ removedAt }: Tombstone, before: Date | undefined): boolean {
  return before === undefined || Date.parse(removedAt) < before.getTime();
}
