import { CorruptSessionError } from "../../../session/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { SideEntry } from "../../../session/side-lists.ts";
import { appendFully } from "../disk/append-fully.ts";
import { readCheckpointHeader } from "../checkpoint/checkpoint-reader.ts";
import { openState } from "../checkpoint/checkpoint-writer.ts";
import type { DiskFile } from "../disk/disk.ts";
import type { FileContext } from "../disk/file-context.ts";
import { encodeCommit, encodeHeader, encodeSeal, FORMAT, NO_CHECKSUM } from "../journal/journal-record.ts";
import { readJournalHeader } from "../journal/journal-reader.ts";
import { knownCheckpoint, readSessionTail, type SessionTail } from "../read/known-session.ts";
import {
  keepUnreadableCheckpoint,
  placeCheckpoint,
  prepareCheckpoint,
} from "../checkpoint/publish-checkpoint.ts";
import { fullSet, journalFrom, publishJournal } from "../journal/publish-journal.ts";
import { moveToQuarantine } from "../disk/quarantine.ts";
import { appendTombstone, finishRemoval } from "./removal.ts";
import { readSession, type SessionReading } from "../read/session-reader.ts";
import { readSideEntries } from "../read/side-reader.ts";
import { syncJournal } from "../journal/sync-journal.ts";

/** A session's journal, open for appending, and its end. */
export interface OpenSession {
  readonly file: DiskFile;
  readonly tail: SessionTail;
}

/**
 * Opens a session for writing. The caller holds its lock. Whatever a crash or someone else left is put in order
 * first: a torn end is sealed, a removal finished, a foreign change committed, an unusable journal replaced.
 *
 * @param thorough reads the session whole, and so notices a document that was edited in place.
 * @returns `undefined` when there is no such session.
 * @throws {CorruptSessionError | NewerFormatError} and system errors.
 */
export async function openSession(
  context: FileContext,
  id: SessionId,
  thorough = false,
): Promise<OpenSession | undefined> {
  const { disk, paths } = context;
  for (let attempt = 0; attempt < MOST_REPAIRS; attempt++) {
    const journal = disk.stat(paths.journal(id));
    if (journal === undefined && disk.stat(paths.checkpoint(id)) === undefined) return undefined;
    const open =
      journal?.kind === "file" && !(thorough && attempt === 0) ? openInOrder(context, id) : undefined;
    if (open !== undefined) {
      if (await syncSeen(context, id, open.file)) return open;
      continue;
    }
    const found = await putInOrder(context, id);
    if (found === "gone") return undefined;
    if (found !== "try again") return found;
  }
  throw new Error(`session ${id} is changed by someone else faster than it can be opened`);
}

const MOST_REPAIRS = 8;

/**
 * What another process, or a dead one, wrote may not be synced yet, nor the names that it gave; what we build on must
 * be. A file whose sync fails is replaced by a copy; false: open that one.
 */
async function syncSeen(context: FileContext, id: SessionId, file: DiskFile): Promise<boolean> {
  const { disk, paths } = context;
  const [content, names] = await Promise.allSettled([
    syncJournal(context, id, file, "journal.sync-seen"),
    disk.syncDirectory(paths.root, "journal.sync-directory"),
  ]);
  if (content.status === "fulfilled" && content.value && names.status === "fulfilled") return true;
  file.close();
  if (content.status === "rejected") throw content.reason;
  if (names.status === "rejected") throw names.reason;
  return false;
}

function openInOrder(context: FileContext, id: SessionId): OpenSession | undefined {
  const file = context.disk.openToAppend(context.paths.journal(id));
  if (file === undefined) return undefined;
  try {
    const tail = readSessionTail(context.disk, context.paths, id, file);
    if (tail !== undefined) return { file, tail };
  } catch (error) {
    file.close();
    throw error;
  }
  file.close();
  return undefined;
}

/** One step towards a session that `openInOrder` can open, or the session itself. */
async function putInOrder(context: FileContext, id: SessionId): Promise<OpenSession | "gone" | "try again"> {
  const { disk, paths } = context;
  const reading = await readSession(disk, paths, id);
  if (reading.journal.kind === "ok") {
    const seen = disk.openToAppend(paths.journal(id));
    if (seen === undefined || !(await syncSeen(context, id, seen))) return "try again";
    seen.close();
  }
  for (const report of reading.reports) context.report(report);
  if (reading.gone === "removed") {
    await finishRemoval(context, id, reading.scan?.removed ?? "gone");
    return "gone";
  }
  if (reading.gone === "foreign-delete") {
    await withJournal(context, id, (file) => appendTombstone(context, id, file, reading.scan, "trash"));
    await finishRemoval(context, id, "trash");
    return "gone";
  }
  if (reading.session === undefined) return "gone";
  if (reading.own === undefined) await beginWithDocument(context, id, reading);
  else if (reading.scan === undefined) await restartJournal(context, id, reading);
  else if (reading.scan.tornFrom !== undefined) await sealTornEnd(context, id, reading);
  else if (reading.foreign !== undefined) await commitForeign(context, id, reading);
  else if (reading.checkpoint.kind === "ours") return await openAsRead(context, id, reading);
  else await replaceCheckpoint(context, id);
  return "try again";
}

/** All is well but for records at the journal's end that lost against others of their revision. */
async function openAsRead(
  context: FileContext,
  id: SessionId,
  { journal, checkpoint, scan, own }: SessionReading,
): Promise<OpenSession | "try again"> {
  const file = context.disk.openToAppend(context.paths.journal(id));
  const first = file === undefined ? undefined : readJournalHeader(file);
  if (file === undefined || first === undefined) return "try again";
  if (checkpoint.kind !== "ours" || checkpoint.stat === undefined || journal.kind !== "ok")
    return "try again";
  if (scan === undefined || own === undefined || !(await syncSeen(context, id, file))) return "try again";
  const tail: SessionTail = {
    journal: first,
    // As far as it was read: what someone else may have written since makes the state outdated, not wrong.
    journalStat: { ...file.stat(), size: scan.end - first.header.origin },
    scan,
    checkpoint: knownCheckpoint(checkpoint.header, checkpoint.stat),
    head: own.head,
    messageCount: own.messages.length,
    updatedAt: scan.last?.at ?? checkpoint.header.updatedAt,
    listing: scan.last === undefined ? first.header.origin : (scan.last.listing ?? scan.lastOffset),
  };
  return { file, tail };
}

/** Astrid's document becomes the first revision of a session of ours. */
async function beginWithDocument(
  context: FileContext,
  id: SessionId,
  reading: SessionReading,
): Promise<void> {
  const { foreign, session, checkpoint } = reading;
  if (foreign === undefined || session === undefined) return;
  await setJournalAside(context, id, reading);
  const side = checkpoint.kind === "foreign" ? checkpoint.side : [];
  const header = encodeHeader({ format: FORMAT, session: id, origin: 0, revision: 0, checksum: NO_CHECKSUM });
  const { line } = encodeCommit({
    previous: NO_CHECKSUM,
    revision: 1,
    at: new Date().toISOString(),
    messageCount: session.messages.length,
    tokenCount: session.head.tokenCount,
    checkpoint: 0,
    foreign: foreign.checksum,
    alias: foreign.checksum,
    splice: [0, 0, session.messages],
    set: fullSet(session.head),
    side,
  });
  await publishJournal(context, id, [header, line], "create");
  await writeCheckpointNow(context, id);
}

/** The journal is missing or unusable; the checkpoint holds the session. */
async function restartJournal(context: FileContext, id: SessionId, reading: SessionReading): Promise<void> {
  const { own, session } = reading;
  if (own === undefined || session === undefined) return;
  const side = await sideOfCheckpoint(context, id);
  await setJournalAside(context, id, reading);
  const state = { ...own, side };
  await publishJournal(context, id, journalFrom(id, own.position, state, session.updatedAt), "create");
}

async function sideOfCheckpoint({ disk, paths }: FileContext, id: SessionId): Promise<SideEntry[]> {
  const file = disk.openToRead(paths.checkpoint(id));
  const header = file === undefined ? undefined : readCheckpointHeader(file);
  try {
    return file === undefined || header === undefined ? [] : await readSideEntries({ file, header });
  } finally {
    file?.close();
  }
}

async function setJournalAside(
  context: FileContext,
  id: SessionId,
  { journal }: SessionReading,
): Promise<void> {
  if (journal.kind === "absent") return;
  const why = journal.kind === "unusable" ? journal.detail : "it holds no commit that can be read";
  await moveToQuarantine(context, id, context.paths.journal(id), why);
}

/** Marks what a crash left at the journal's end as never committed; nothing is cut off. */
async function sealTornEnd(context: FileContext, id: SessionId, { scan }: SessionReading): Promise<void> {
  const from = scan?.tornFrom;
  if (scan === undefined || from === undefined) return;
  await withJournal(context, id, async (file) => {
    await appendFully(file, encodeSeal(from, scan.end), "journal.append");
    await syncJournal(context, id, file, "journal.sync");
  });
  context.report({
    kind: "torn-tail",
    sessionId: id,
    message:
      `The last write to the session was cut short and had not been acknowledged; ` +
      `${scan.end - from} bytes behind revision ${scan.position.revision} are ignored.`,
  });
}

/**
 * Someone else's change becomes a revision on top of ours (it goes by the document's checksum, so that a session that
 * was loaded before can be saved), and a checkpoint of ours takes the document's place. */
async function commitForeign(context: FileContext, id: SessionId, reading: SessionReading): Promise<void> {
  const { foreign, own, session, scan } = reading;
  if (foreign === undefined || own === undefined || session === undefined || scan === undefined) return;
  const { splice, set } = foreign;
  const { tokenCount: _, ...changed } = set ?? {};
  await withJournal(context, id, async (file) => {
    const { line } = encodeCommit({
      previous: own.position.checksum,
      revision: own.position.revision + 1,
      at: new Date().toISOString(),
      messageCount: session.messages.length,
      tokenCount: session.head.tokenCount,
      checkpoint: scan.checkpoint,
      foreign: foreign.checksum,
      alias: foreign.checksum,
      splice,
      // Rare enough to carry all that a listing needs, whatever of it changed.
      set: { ...fullSet(session.head), ...changed },
    });
    await appendFully(file, line, "journal.append");
    await syncJournal(context, id, file, "journal.sync");
  });
  await writeCheckpointNow(context, id);
}

/** The checkpoint cannot be used; the journal holds the session. */
async function replaceCheckpoint(context: FileContext, id: SessionId): Promise<void> {
  await keepUnreadableCheckpoint(context, id);
  await writeCheckpointNow(context, id);
}

/** Writes and places a checkpoint of the current state. The caller holds the session's lock. */
async function writeCheckpointNow(context: FileContext, id: SessionId): Promise<void> {
  const { disk, paths } = context;
  const state = await openState(disk, paths, id);
  if (state === undefined) throw new CorruptSessionError(id, "its journal cannot be followed");
  try {
    const written = await prepareCheckpoint(context, id, state, 0);
    await withJournal(context, id, (file) => placeCheckpoint(context, id, written, file));
  } finally {
    state.close();
  }
}

async function withJournal<T>(
  context: FileContext,
  id: SessionId,
  work: (file: DiskFile) => Promise<T>,
): Promise<T> {
  const file = context.disk.openToAppend(context.paths.journal(id));
  if (file === undefined)
    throw Object.assign(new Error("ENOENT: the journal has vanished"), { code: "ENOENT" });
  try {
    return await work(file);
  } finally {
    file.close();
  }
}
