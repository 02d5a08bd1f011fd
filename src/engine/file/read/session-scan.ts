import { CorruptSessionError, NotSupportedError, SessionStoreError } from "../../../session/errors/errors.ts";
import type { Json } from "../../../session/json/json.ts";
import { parsedMessage } from "../../../session/message.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { PREVIEWED, previewOf, summaryOf, type SessionSummary } from "../../../session/summary/summary.ts";
import type { Unreadable } from "../../contract.ts";
import type { Disk } from "../disk/disk.ts";
import type { SessionPaths } from "../disk/session-paths.ts";
import { storageError } from "../disk/storage-error.ts";
import { Journal } from "../journal/journal.ts";
import { messageSlices } from "../journal/record/record-content.ts";
import { MessagePlaces } from "./messages/message-places.ts";
import { textsFromTail, textsOfPlaces, type MessageTexts } from "./messages/message-texts.ts";
import { isUnusual } from "./messages/message-stream.ts";
import { UnusualJournal, type PlaceSource } from "./messages/place-reader.ts";
import type { Files, ReadSession, SessionReading } from "./reading.ts";
import { readInto, readJournalInto } from "./session-reading.ts";
import { readSessionTail, type SessionTail } from "./session-tail.ts";
import { livesBefore, type TrashedLife } from "./trashed-lives.ts";

/** What a session's files amount to. */
export type Scanned =
  | {
      /** `undefined`: there is no session, or none any more. */
      readonly summary: SessionSummary | undefined;
      /** The id's lives in the trash; the one that was removed last comes first. */
      readonly trashed: readonly TrashedLife[];
    }
  | { readonly unreadable: Unreadable };

/** One session's summary, or why it cannot be read. Throws only what concerns the whole store. */
export async function scanSession(disk: Disk, paths: SessionPaths, id: SessionId): Promise<Scanned> {
  try {
    return (await scanFromTail({ disk, paths }, id)) ?? (await scanWhole({ disk, paths }, id));
  } catch (error) {
    const reason = asSessionError(id, error);
    if (reason instanceof NotSupportedError) throw reason;
    return { unreadable: { id, where: placeOf({ disk, paths }, id), error: reason } };
  }
}

function asSessionError(id: SessionId, error: unknown): SessionStoreError {
  const reason = storageError(error, `read session ${id}`);
  return reason instanceof SessionStoreError
    ? reason
    : new CorruptSessionError(id, reason.message, { cause: error });
}

/** Where a person finds what cannot be read. */
function placeOf({ disk, paths }: Files, id: SessionId): string {
  try {
    return disk.stat(paths.checkpoint(id)) === undefined ? paths.journal(id) : paths.checkpoint(id);
  } catch {
    // What the path is does not depend on whether the file can be looked at.
    return paths.journal(id);
  }
}

/** From the ends of the files; `undefined` when they have to be read whole. */
async function scanFromTail(files: Files, id: SessionId): Promise<Scanned | undefined> {
  const found = Journal.open(files.disk, files.paths, id, "glance");
  if (found.kind !== "ok") return undefined;
  const { journal } = found;
  try {
    const tail = readSessionTail(files, id, journal);
    if (tail === undefined) return undefined;
    if (tail.scan.removed !== undefined)
      return { summary: undefined, trashed: livesBefore(journal, tail.scan) };
    return await scanOf(id, tail);
  } finally {
    journal.close();
  }
}

async function scanOf(id: SessionId, tail: SessionTail): Promise<Scanned | undefined> {
  const { journal, scan, head, updatedAt, messageCount } = tail;
  let preview: string | null | undefined = previewOfLastCommit(tail);
  if (preview === undefined) {
    try {
      preview = await previewFrom(textsFromTail(tail, undefined));
    } catch (error) {
      if (error instanceof UnusualJournal) return undefined;
      throw error;
    }
  }
  const bytes = tail.journalStat.size + (tail.document?.stat.size ?? 0);
  const { revision } = scan.position;
  const rest = {
    revision,
    updatedAt,
    messageCount,
    bytes,
    lastMessagePreview: preview,
    ...packedIn(journal),
  };
  return { summary: summaryOf(id, head, rest), trashed: livesBefore(journal, scan) };
}

async function scanWhole(files: Files, id: SessionId): Promise<Scanned> {
  const list = new MessagePlaces();
  const reading = await readInto(files, id, list);
  try {
    const { session, source } = reading;
    const trashed = await livesOf(reading);
    if (session === undefined) return { summary: undefined, trashed };
    const { head, revision, updatedAt } = session;
    const lastMessagePreview = await previewOfPlaces(id, session, source);
    const { disk, paths } = files;
    const bytes = (disk.stat(paths.checkpoint(id))?.size ?? 0) + (disk.stat(paths.journal(id))?.size ?? 0);
    const common = { revision, updatedAt, messageCount: list.count, bytes, lastMessagePreview };
    const rest = { ...common, ...packedIn(source.journal) };
    return { summary: summaryOf(id, head, rest), trashed };
  } finally {
    reading.files.close();
  }
}

function packedIn(journal: Journal | undefined): Pick<SessionSummary, "packed"> {
  return journal?.isPacked === true ? { packed: true } : {};
}

/** The preview, when the last commit put a message with text at the session's end. */
function previewOfLastCommit({ scan, journal, messageCount }: SessionTail): string | undefined {
  const { splice, sizes } = scan.last;
  if (splice === undefined || sizes.length === 0 || splice[0] + sizes.length !== messageCount)
    return undefined;
  const found = journal.recordAt(scan.lastOffset);
  if (found === undefined) return undefined;
  return previewIn(
    messageSlices(found.line, scan.last, Math.max(sizes.length - PREVIEWED, 0), sizes.length).reverse(),
  );
}

/** The lives in the trash; behind a checkpoint there may be no commit that tells of them. */
async function livesOf({
  scan,
  gone,
  source: { journal },
}: SessionReading<MessagePlaces>): Promise<TrashedLife[]> {
  if (journal === undefined || scan === undefined) return [];
  const whole = scan.last === undefined ? await journal.ending() : scan;
  return livesBefore(journal, whole, gone);
}

async function previewOfPlaces(
  id: SessionId,
  { life, revision, list }: ReadSession<MessagePlaces>,
  source: PlaceSource,
): Promise<string | null> {
  try {
    return await previewFrom(textsOfPlaces(source, list));
  } catch (error) {
    if (!isUnusual(error) || source.journal === undefined) throw error;
    // A part of the checkpoint is damaged: the journal has all of it.
    await readJournalInto(source.journal, id, list, { life, revision });
    return await previewFrom(textsOfPlaces(source, list));
  }
}

/** Of the last messages; `null` when none of them has text. */
async function previewFrom(texts: MessageTexts): Promise<string | null> {
  const { count } = texts;
  for await (const batch of texts.read(Math.max(count - PREVIEWED, 0), count, true)) {
    const preview = previewIn(batch);
    if (preview !== undefined) return preview;
  }
  return null;
}

/** Of the first of these messages that has text. */
function previewIn(texts: Iterable<Buffer>): string | undefined {
  for (const text of texts) {
    const preview = previewOf(parsedMessage(JSON.parse(text.toString("utf8")) as Json));
    if (preview !== undefined) return preview;
  }
  return undefined;
}
