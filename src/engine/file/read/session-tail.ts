import { EMPTY_HEAD, holdsListedFields, type SessionHead } from "../../../session/head.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { FileStat } from "../disk/disk.ts";
import type { JournalScan } from "../journal/follow-journal.ts";
import type { Journal } from "../journal/journal.ts";
import type { DocumentRecord } from "../journal/record/record.ts";
import type { Files } from "./reading.ts";
import { isAsWritten } from "./session-reader.ts";

/** A document in its place that is just as the journal notes it. */
export interface KnownDocument {
  readonly stat: FileStat;
  /** Logical offset of the record that notes it. */
  readonly markedAt: number;
  readonly record: DocumentRecord;
}

/**
 * The end of a session: what a commit and a listing need, and nothing that grows with the session. When its last record
 * is a tombstone (`scan.removed`), the session is in the trash.
 */
export interface SessionTail {
  readonly journal: Journal;
  readonly journalStat: FileStat;
  readonly scan: JournalScan & { readonly last: NonNullable<JournalScan["last"]> };
  readonly document: KnownDocument | undefined;
  /** The listed fields and the token count; the others are those of an empty head. */
  readonly head: SessionHead;
  readonly messageCount: number;
  readonly updatedAt: string;
  /** Logical offset of the latest record that holds all listed fields. */
  readonly listing: number;
}

/**
 * Reads a session's end with a few small reads, whatever its size. `undefined` when anything about its files is
 * unusual (a torn end, a removal that was cut short, a document that is not as we left it): then `readInto` has to tell.
 */
export function readSessionTail(
  { disk, paths }: Files,
  id: SessionId,
  journal: Journal,
  scan = journal.tail(),
): SessionTail | undefined {
  const journalStat = journal.stat();
  const last = scan?.last;
  if (scan === undefined || last === undefined || scan.removed === "gone") return undefined;
  const document = documentAt(journal, scan, disk.stat(paths.checkpoint(id)));
  if (document === "unusual") return undefined;
  const listed = journal.listedAt(scan.listing);
  if (listed === undefined) return undefined;
  // Of a session in the trash the title is enough.
  if (scan.removed === undefined && !holdsListedFields(listed)) return undefined;
  return {
    journal,
    journalStat,
    scan: { ...scan, last },
    document,
    head: Object.freeze({ ...EMPTY_HEAD, ...listed, tokenCount: last.tokenCount }),
    messageCount: last.messageCount,
    updatedAt: last.at,
    listing: scan.listing,
  };
}

/** The document as the journal notes it; `undefined` when there is none, and none is expected. */
function documentAt(
  journal: Journal,
  scan: JournalScan,
  stat: FileStat | undefined,
): KnownDocument | "unusual" | undefined {
  const mark = journal.markOf(scan);
  const isExpected = !journal.isPacked && (mark !== undefined || scan.checkpoint > 0);
  if (stat === undefined && !isExpected) return undefined;
  if (stat === undefined || mark === undefined || !isAsWritten(mark, stat)) return "unusual";
  return { stat, markedAt: mark.offset, record: mark.record };
}
