import { ConflictError } from "../../../../session/errors/errors.ts";
import type { SessionId } from "../../../../session/session-id.ts";
import type { FileContext } from "../../disk/file-context.ts";
import { publishJournal } from "../../journal/publish-journal.ts";
import { journalFrom } from "../../journal/restated-journal.ts";
import type { RemovalNote } from "../../../contract.ts";
import { tombstones, type TrashedLife } from "../../read/trashed-lives.ts";
import type { OpenSession } from "../open-session.ts";
import { backFromTrash, goneFromTrash, loggedLife } from "./removal-log.ts";
import { removeMarked } from "./removal.ts";
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
    const { journal, last, lastOffset } = session;
    const [life] = tombstones(journal, { removed: last.removed, last, lastOffset });
    if (life !== undefined) await backFromTrash(context, loggedLife(id, life));
    await appendRestored(context, id, session.journal);
    return true;
  }
  const [folder] = trashFolders(context, id);
  if (session !== undefined) {
    if (folder === undefined && session.journal.earlierOf(session.last) === undefined) return false;
    throw new ConflictError(id, 0, session.position.revision);
  }
  if (folder === undefined) return false;
  await restoreFolder(context, folder);
  return true;
}

/**
 * Removes a session's lives that went to the trash before a time for good, and those that were to be from the first. The
 * caller holds the session's lock and has nothing of it open.
 * @param note has it in the log.
 * @returns how many.
 */
export async function emptyTrashOf(
  context: FileContext,
  id: SessionId,
  open: Open,
  before: Date | undefined,
  note?: RemovalNote,
): Promise<number> {
  const session = await open();
  if (session === undefined) return 0;
  if (await removeMarked(context, id)) return 1 + (await emptyTrashOf(context, id, open, before, note));
  const { journal, last, lastOffset } = session;
  const all = tombstones(journal, { removed: last.removed, last, lastOffset });
  // A journal is cut in one place: a life goes with all before it.
  const kept = all.findIndex((_, index) => all.slice(index).every((one) => isDue(one, before)));
  const due = kept < 0 ? [] : all.slice(kept);
  const [latest] = due;
  if (latest === undefined) return 0;
  const lives = due.map((life) => loggedLife(id, life));
  await goneFromTrash(context, lives, note, async () => {
    if (session.isRemoved && kept === 0) {
      await context.disk.remove(context.paths.journal(id), "remove.journal");
      await context.disk.syncDirectory(context.paths.root, "remove.sync-directory");
      return;
    }
    const { life, revision, checksum, end: offset } = latest;
    const rest = journalFrom(id, journal, { offset, life, revision, checksum });
    await publishJournal(context, id, rest, "replace");
  });
  return due.length;
}

/** Whether a life in the trash is to go when everything goes that was put there before a time. */
export function isDue(
  { removedAt, why }: Pick<TrashedLife, "removedAt" | "why">,
  before: Date | undefined,
): boolean {
  if (before === undefined || why?.[3] === "gone") return true;
  return removedAt !== undefined && Date.parse(removedAt) < before.getTime();
}
