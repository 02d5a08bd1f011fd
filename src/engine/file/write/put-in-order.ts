import { StorageError } from "../../../session/errors/errors.ts";
import { holdsListedFields, listedFields, type SessionHead } from "../../../session/head.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { FileContext } from "../disk/file-context.ts";
import { moveToQuarantine } from "../disk/quarantine.ts";
import { Journal } from "../journal/journal.ts";
import {
  encodeCommit,
  encodeDocument,
  encodeHeader,
  encodeListing,
  encodeSeal,
} from "../journal/record/encode-record.ts";
import { FORMAT } from "../journal/record/record.ts";
import { NO_CHECKSUM } from "../journal/record/record-line.ts";
import { fullSet, newJournalKey, publishJournal } from "../journal/publish-journal.ts";
import { syncJournal } from "../journal/replace-journal.ts";
import { journalFrom, restatedJournal } from "../journal/restated-journal.ts";
import { MessagePlaces } from "../read/messages/message-places.ts";
import type { ReadHow, SessionReading } from "../read/reading.ts";
import { readInto } from "../read/session-reading.ts";
import { readSessionTail, type SessionTail } from "../read/session-tail.ts";
import { sideEntries } from "../read/side-lines.ts";
import { replaceDocument } from "./make-checkpoint.ts";
import { OpenSession } from "./open-session.ts";
import { unpackJournal } from "./packing/unpack-journal.ts";
import { finishRemoval } from "./removal/removal.ts";
import { appendTombstone } from "./removal/tombstone.ts";
import { withJournal } from "./with-journal.ts";

type Reading = SessionReading<MessagePlaces>;

/** The session can be read, but its journal has to be built anew before it can be written. */
export class DamagedHistory extends Error {
  override readonly name = "DamagedHistory";
}

const MOST_STEPS = 50;

/**
 * Opens a session for writing. The caller holds its lock. Whatever a crash or someone else left is put in order first: a
 * torn end is sealed, a removal finished, a foreign change committed, an unusable journal replaced. A packed one is unpacked.
 *
 * @param how `thorough` reads the session whole although its end is in order, until nothing is left to be mended.
 * @returns `undefined` when there is no journal; a session whose `isRemoved` is set is in the trash.
 * @throws {CorruptSessionError | NewerFormatError} and system errors.
 */
export async function openSession(
  context: FileContext,
  id: SessionId,
  how: ReadHow = "quick",
): Promise<OpenSession | undefined> {
  const { disk, paths } = context;
  let toRead = how;
  let isInOrder = false;
  for (let step = 0; step < MOST_STEPS; step++) {
    if (await unpackJournal(context, id)) continue;
    const hasJournal = disk.stat(paths.journal(id)) !== undefined;
    if (!hasJournal && disk.stat(paths.checkpoint(id)) === undefined) return undefined;
    const session = toRead === "thorough" ? undefined : await openAtEnd(context, id, isInOrder);
    if (session === undefined) {
      isInOrder = !(await putInOrder(context, id, toRead));
      if (isInOrder) toRead = "quick";
      continue;
    }
    if (await syncSeen(context, id, session.journal)) return session;
  }
  throw new StorageError(
    "STORAGE_FAILED",
    `Cannot open session ${id}: whenever it had been put in order it was different again. Either another program ` +
      "changes its files all the time, or the disk fails. Nothing was stored. Stop that program, or look at the disk, and try again.",
    "not-stored",
  );
}

/**
 * What another process, or a dead one, wrote may not be synced yet, nor the names that it gave; what we build on must
 * be. A file whose sync fails is replaced by a copy; false: the journal is closed, open that copy.
 */
async function syncSeen(context: FileContext, id: SessionId, journal: Journal): Promise<boolean> {
  const [content, names] = await Promise.allSettled([
    syncJournal(context, id, journal, "journal.sync-seen"),
    context.disk.syncDirectory(context.paths.root, "journal.sync-directory"),
  ]);
  if (content.status === "fulfilled" && content.value && names.status === "fulfilled") return true;
  journal.close();
  if (content.status === "rejected") throw content.reason;
  if (names.status === "rejected") throw names.reason;
  return false;
}

/** @param isInOrder nothing is left to mend: where the last lines do not tell the end, the whole journal is read. */
async function openAtEnd(
  context: FileContext,
  id: SessionId,
  isInOrder: boolean,
): Promise<OpenSession | undefined> {
  const found = Journal.open(context.disk, context.paths, id, "append");
  if (found.kind !== "ok") return undefined;
  const { journal } = found;
  let tail: SessionTail | undefined;
  try {
    // A journal of an older format is restated first, so that older versions leave it alone from then on.
    if (!isOld(journal)) {
      tail = readSessionTail(context, id, journal, isInOrder ? await journal.ending() : undefined);
    }
  } finally {
    if (tail === undefined) journal.close();
  }
  return tail && new OpenSession(tail);
}

/** One step towards a session that `openAtEnd` can open. @returns false when there was nothing to do. */
async function putInOrder(context: FileContext, id: SessionId, how: ReadHow): Promise<boolean> {
  const list = new MessagePlaces();
  const reading = await readInto(context, id, list, undefined, how);
  try {
    return await mend(context, id, reading);
  } finally {
    reading.files.close();
  }
}

async function mend(context: FileContext, id: SessionId, reading: Reading): Promise<boolean> {
  const { gone, session, own, scan, foreign, source } = reading;
  if (source.journal !== undefined) await settle(context, id);
  for (const report of reading.reports) context.report(report);
  if (gone === "foreign-delete") {
    await withJournal(context, id, (journal) => appendTombstone(context, id, journal, "trash"));
    return true;
  }
  if (source.journal !== undefined && (source.journal.headerDamage !== undefined || isOld(source.journal))) {
    // A checkpoint names the journal that it belongs to.
    const { journal, checkpoint } = source;
    const key = journal.header.key ?? checkpoint?.header.journalKey;
    await publishJournal(context, id, journalFrom(id, journal, journal.begin, key), "replace");
  } else if (scan?.tornFrom !== undefined) {
    await sealTornEnd(context, id, reading);
  } else if (gone === "removed") {
    await finishRemoval(context, id);
    return false;
  } else if (session === undefined) {
    return false;
  } else if (own === undefined) {
    await beginWithDocument(context, id, reading);
  } else if (scan === undefined) {
    await restartJournal(context, id, reading);
  } else if (foreign !== undefined) {
    await commitForeign(context, id, reading);
  } else if (reading.document !== "unreadable" && reading.document !== "left-over") {
    // All is well, unless something about the journal's end keeps it from being opened there.
    if (source.journal === undefined) return false;
    const ending = await source.journal.ending();
    // Someone who ignores the lock has written since it was read.
    if (ending.end !== scan.end) return true;
    // What the checkpoint covers may be damaged.
    const missing =
      ending.damage?.detail ?? (ending.tornFrom === undefined ? undefined : "commits are missing");
    if (missing !== undefined) throw new DamagedHistory(missing);
    if (readSessionTail(context, id, source.journal, ending) !== undefined) return false;
    if (!holdsListedFields(source.journal.listedAt(ending.listing) ?? {}))
      await sayListing(context, id, session.head);
    else await noteDocument(context, id, reading);
  } else {
    await replaceDocument(context, id, reading);
  }
  return true;
}

function isOld(journal: Journal): boolean {
  return journal.header.format < FORMAT;
}

/** What was read may not be on the disk yet; nothing is built on it before. */
async function settle(context: FileContext, id: SessionId): Promise<void> {
  const found = Journal.open(context.disk, context.paths, id, "append");
  if (found.kind !== "ok") return;
  if (await syncSeen(context, id, found.journal)) found.journal.close();
}

/** A document becomes the first revision of a session of ours. */
async function beginWithDocument(context: FileContext, id: SessionId, reading: Reading): Promise<void> {
  const { foreign, session, source, scan } = reading;
  if (foreign === undefined || session === undefined) return;
  const { document } = foreign;
  const { head, messages, checksum, side } = document;
  const isNewLife = scan?.removed !== undefined;
  const { line } = encodeCommit({
    previous: isNewLife ? scan.position.checksum : NO_CHECKSUM,
    revision: 1,
    life: session.life,
    at: new Date().toISOString(),
    messageCount: messages.length,
    tokenCount: head.tokenCount,
    earlier: isNewLife && scan.removed === "trash" ? scan.lastOffset : undefined,
    foreign: checksum,
    known: foreign.known,
    alias: checksum,
    splice: [0, 0, messages],
    set: fullSet(head),
    side,
  });
  if (isNewLife && source.journal !== undefined) {
    await withJournal(context, id, async (journal) => {
      await journal.append(line, "journal.append");
      await syncJournal(context, id, journal, "journal.sync");
    });
  } else {
    await setJournalAside(context, id, reading);
    const key = newJournalKey();
    const header = encodeHeader({ session: id, key, origin: 0, revision: 0, checksum: NO_CHECKSUM, life: 1 });
    await publishJournal(context, id, [header, line], "create");
  }
  await noteForeign(context, id, reading);
}

/** The journal is missing or unusable; the checkpoint holds the session. */
async function restartJournal(context: FileContext, id: SessionId, reading: Reading): Promise<void> {
  const { own, source } = reading;
  if (own === undefined || source.checkpoint === undefined) return;
  const { checkpoint } = source;
  const messages = await checkpoint.messages();
  const side = await sideEntries({ checkpoint, journal: undefined }, own.position, own.position);
  await setJournalAside(context, id, reading);
  const key = checkpoint.header.journalKey ?? newJournalKey();
  const state = { head: own.head, messages, side, at: own.updatedAt };
  await publishJournal(context, id, restatedJournal(id, key, own.position, state), "create");
}

async function setJournalAside(context: FileContext, id: SessionId, { files }: Reading): Promise<void> {
  const { disk, paths } = context;
  if (disk.stat(paths.journal(id)) === undefined) return;
  const { journal } = files;
  const why = journal.kind === "unusable" ? journal.detail : "the session is told by its document";
  await moveToQuarantine(context, id, paths.journal(id), why);
}

/** Marks what a crash left at the journal's end as never committed; nothing is cut off. */
async function sealTornEnd(context: FileContext, id: SessionId, { scan }: Reading): Promise<void> {
  const from = scan?.tornFrom;
  if (scan === undefined || from === undefined) return;
  await withJournal(context, id, async (journal) => {
    await journal.append(encodeSeal(from, scan.end), "journal.append");
    await syncJournal(context, id, journal, "journal.sync");
  });
  context.report({
    kind: "torn-tail",
    sessionId: id,
    message:
      `The last write to the session is incomplete, as a crash leaves it; ` +
      `${scan.end - from} bytes behind revision ${scan.position.revision} are ignored.`,
  });
}

/**
 * Someone else's change becomes a revision on top of ours; it goes by the document's checksum, so that a session that
 * was loaded before can be saved. The document stays: its writer may hold the session in memory and write it again.
 */
async function commitForeign(context: FileContext, id: SessionId, reading: Reading): Promise<void> {
  const { foreign, own, session, scan } = reading;
  if (foreign === undefined || own === undefined || session === undefined || scan === undefined) return;
  const { tokenCount: _, ...changed } = foreign.set ?? {};
  await withJournal(context, id, async (journal) => {
    const { line } = encodeCommit({
      previous: own.position.checksum,
      revision: own.position.revision + 1,
      life: own.position.life,
      at: session.updatedAt,
      messageCount: session.list.count,
      tokenCount: session.head.tokenCount,
      earlier: journal.earlierOf(scan.last),
      foreign: foreign.document.checksum,
      known: foreign.known,
      alias: foreign.document.checksum,
      splice: foreign.splice,
      // Rare enough to carry all that a listing needs, whatever of it changed.
      set: { ...fullSet(session.head), ...changed },
    });
    await journal.append(line, "journal.append");
    await syncJournal(context, id, journal, "journal.sync");
  });
  await noteForeign(context, id, reading);
}

/** Notes that a document of someone else's, as it was read, is held by the last commit. */
async function noteForeign(context: FileContext, id: SessionId, reading: Reading): Promise<void> {
  const { document } = reading.files;
  const { foreign } = reading;
  if (!("stat" in document) || foreign === undefined) return;
  const { stat } = document;
  await withJournal(context, id, async (journal) => {
    const { end } = journal;
    const { revision } = reading.session ?? { revision: 1 };
    const { checksum } = foreign.document;
    const covers = journal.begin.offset;
    const line = encodeDocument({ revision, stat, covers, written: 0, foreign: checksum, synced: end });
    await journal.append(line, "checkpoint.mark");
  });
}

/** Notes the document as it is: it is a checkpoint of ours, or a commit holds it. */
async function noteDocument(context: FileContext, id: SessionId, reading: Reading): Promise<void> {
  const { files, source, scan, own } = reading;
  const { document } = files;
  if (!("stat" in document) || scan === undefined || own === undefined) return;
  const { stat } = document;
  await withJournal(context, id, async (journal) => {
    const header = source.checkpoint?.header;
    const line = encodeDocument({
      revision: header?.revision ?? own.position.revision,
      stat,
      covers: header?.journalOffset ?? journal.begin.offset,
      written: header === undefined ? 0 : header.written + stat.size,
      foreign: header === undefined ? scan.foreign : undefined,
      synced: journal.end,
    });
    await journal.append(line, "checkpoint.mark");
  });
}

/** The record that held the listed fields is damaged, or an earlier version's: they are said again at the end. */
async function sayListing(context: FileContext, id: SessionId, head: SessionHead): Promise<void> {
  await withJournal(context, id, async (journal) => {
    await journal.append(encodeListing(listedFields(head, { title: null }) ?? {}), "journal.append");
    await syncJournal(context, id, journal, "journal.sync");
  });
}
