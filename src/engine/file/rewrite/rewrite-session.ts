import { CorruptSessionError, StorageError } from "../../../session/errors/errors.ts";
import { LeaseHeldError, LeaseLostError } from "../../../session/errors/lease-errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { RewriteOptions, Rewritten, SessionEdit } from "../../session-edit.ts";
import { placeCheckpoint, type WrittenCheckpoint } from "../checkpoint/place-checkpoint.ts";
import { appendFully } from "../disk/append-fully.ts";
import type { DiskFile } from "../disk/disk.ts";
import type { FileContext } from "../disk/file-context.ts";
import { letGo } from "../disk/let-go.ts";
import { encodeDocument, encodeSettled } from "../journal/record/encode-record.ts";
import { Journal } from "../journal/journal.ts";
import { isHeld } from "../lease/holders.ts";
import { readLease } from "../lease/lease-record.ts";
import { MessagePlaces } from "../read/messages/message-places.ts";
import { readJournalInto } from "../read/session-reading.ts";
import { writeFrom } from "../write/make-checkpoint.ts";
import type { OpenSession } from "../write/open-session.ts";
import { keysRewritten } from "../write/removal/removal-log.ts";
import type { Turn } from "../write/session-writer.ts";
import {
  fileHolds,
  foldersToGiveUp,
  giveUpFolders,
  isLeftInTemporary,
  sweepTemporary,
} from "./files-set-aside.ts";
import { rewriteLog } from "./rewritten-log.ts";
import { RewrittenJournal } from "./rewritten-journal.ts";

/** A listing may have taken a dead owner's lock, to look, in milliseconds. */
const LOOK = 20;
/** So often somebody else may write the document while the session is rewritten. */
export const TRIES = 5;

/**
 * Rewrites a session so that nothing is left of what an edit changes: its journal, its document, what was set aside of
 * it, and its entries in the log of removals. The caller has the session's turn.
 *
 * The journal's rename is the moment of it. Before, the session is the old one; from then on it is the new one, and what
 * a crash leaves (the old document, files that were set aside) is never taken for anybody's words: the next rewriting
 * removes it, and so does the next write for the document.
 * @returns `undefined` when there is nothing of the session.
 * @throws {LeaseHeldError | LeaseLostError | CorruptSessionError | StorageError}
 */
export async function rewriteSession(
  context: FileContext,
  id: SessionId,
  edit: SessionEdit,
  turn: Turn,
  { lease }: RewriteOptions = {},
): Promise<Rewritten | undefined> {
  await checkLease(context, id, lease);
  edit.begin();
  let commits = 0;
  let revision = 0;
  let isChanged = false;
  let mayBeUnfinished = false;
  let isThere = false;
  for (let attempt = 1; ; attempt++) {
    const session = await turn.open("thorough");
    if (session === undefined) break;
    isThere = true;
    revision = session.isRemoved ? 0 : session.position.revision;
    const { journal, document } = session;
    const rewritten = new RewrittenJournal(id, journal, edit);
    const one = await replaceFiles(context, id, session, rewritten, async () => {
      const isForeign = document?.record.foreign !== undefined;
      return isForeign && (await fileHolds(context.disk, id, context.paths.checkpoint(id), edit));
    });
    turn.forget();
    commits = Math.max(commits, one.commits);
    if (one.outcome === "finished") mayBeUnfinished = true;
    else if (one.outcome !== "unchanged") isChanged = true;
    if (one.outcome !== "again") break;
    if (attempt === TRIES) throw busy(id);
  }
  const folders = await foldersToGiveUp(context, id, edit);
  await giveUpFolders(context, folders);
  if (await rewriteLog(context, id, edit)) isChanged = true;
  const isLeft = await isLeftInTemporary(context, id, edit);
  // Whatever it is, nobody gives it its name any more.
  await sweepTemporary(context, id);
  if (!isThere && folders.length === 0) return undefined;
  isChanged ||= isLeft || folders.length > 0;
  return { revision, commits, files: folders, isChanged, mayBeUnfinished };
}

/** @throws {LeaseHeldError | LeaseLostError} unless nobody holds the session, or the owner of this lease does. */
export async function checkLease(
  context: FileContext,
  id: SessionId,
  lease: string | undefined,
): Promise<void> {
  const record = await readLease(context, id);
  const holds = record !== undefined && (await isHeld(context, id, record, LOOK)) ? record : undefined;
  if (lease !== undefined && holds?.token !== lease) throw new LeaseLostError(id, holds);
  if (holds !== undefined && holds.token !== lease) throw new LeaseHeldError(id, holds);
}

interface OneRewriting {
  /**
   * `finished`: nothing is to be changed in it, but an earlier rewriting may have been cut short before it was in the
   * index.
   * `again`: somebody else has written the document, or the journal, meanwhile.
   */
  readonly outcome: "unchanged" | "finished" | "rewritten" | "again";
  readonly commits: number;
}

/**
 * Puts a rewritten journal, and a document of it, in the places of a session's.
 * @param isNeeded whether that is to be done although no commit in it was changed.
 */
export async function replaceFiles(
  context: FileContext,
  id: SessionId,
  session: OpenSession,
  rewritten: RewrittenJournal,
  isNeeded: () => Promise<boolean>,
): Promise<OneRewriting> {
  const { disk, paths } = context;
  const { journal, document } = session;
  const temporary = paths.newTemporary(id);
  let checkpoint: WrittenCheckpoint | undefined;
  try {
    const file = disk.create(temporary, "journal.replace.write");
    try {
      for await (const line of rewritten.lines()) await appendFully(file, line, "journal.replace.write");
      const commits = rewritten.changed;
      if (commits === 0 && !(await isNeeded()))
        return { outcome: journal.header.replaces === undefined ? "unchanged" : "finished", commits };
      if (document !== undefined) checkpoint = await documentFor(context, id, file, rewritten);
      await settle(file, rewritten);
      await check(file, id, rewritten);
    } finally {
      letGo(file);
    }
    const commits = rewritten.changed;
    await keysRewritten(context, id, rewritten.tombstoneChecksums);
    if (!session.isCurrent(disk, paths, id)) return { outcome: "again", commits };
    await disk.rename(temporary, paths.journal(id), "journal.replace.rename");
    await disk.syncDirectory(paths.root, "journal.sync-directory");
    if (checkpoint === undefined) return { outcome: "rewritten", commits };
    const placed = await placeCheckpoint(context, id, checkpoint, document?.stat);
    return { outcome: placed === undefined ? "again" : "rewritten", commits };
  } finally {
    for (const path of [temporary, checkpoint?.path])
      if (path !== undefined) await disk.remove(path, "temporary.remove").catch(() => undefined);
  }
}

/** Writes the document of a rewritten journal, and notes it there as it will stand in its place. */
async function documentFor(
  context: FileContext,
  id: SessionId,
  file: DiskFile,
  rewritten: RewrittenJournal,
): Promise<WrittenCheckpoint | undefined> {
  const { disk } = context;
  const journal = Journal.in(file, id);
  if (journal === undefined) throw new Error("the rewritten journal has no header");
  const { position } = rewritten;
  const reading = await readJournalInto(journal, id, new MessagePlaces(), position);
  const checkpoint = await writeFrom(context, id, reading, 0);
  if (checkpoint === undefined) throw new CorruptSessionError(id, "the rewritten journal holds no session");
  const stat = disk.stat(checkpoint.path);
  if (stat === undefined) throw new Error(`ENOENT: ${checkpoint.path} has vanished`);
  const { revision, covers, written } = checkpoint;
  const { end: synced } = rewritten;
  const line = encodeDocument({ revision, stat, covers, written, foreign: undefined, synced });
  await appendFully(file, line, "journal.replace.write");
  rewritten.end += line.length;
  return checkpoint;
}

async function settle(file: DiskFile, { position, end }: RewrittenJournal): Promise<void> {
  const { revision, checksum } = position;
  await appendFully(file, encodeSettled({ revision, checksum, offset: end }), "journal.replace.write");
  await file.sync("journal.replace.sync");
}

/** That it can be read as a whole is looked at while there is still the other one. */
async function check(file: DiskFile, id: SessionId, { position }: RewrittenJournal): Promise<void> {
  const journal = Journal.in(file, id);
  const scan = await journal?.scan(journal.begin);
  if (scan?.damage !== undefined || scan?.position.checksum !== position.checksum)
    throw new Error("the rewritten journal is not what was written");
}

export function busy(id: SessionId): StorageError {
  return new StorageError(
    "STORAGE_FAILED",
    `Session ${id} may hold what was to go: whenever it was rewritten, another program had written its document. ` +
      "Stop that program, and do it again.",
    "unknown",
  );
}
