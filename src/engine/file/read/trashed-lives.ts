import type { SessionId } from "../../../session/session-id.ts";
import type { Journal } from "../journal/journal.ts";
import type { CommitRecord } from "../journal/record/record.ts";
import type { JournalScan } from "../journal/follow-journal.ts";
import type { SessionReading } from "./reading.ts";
import type { MessageList } from "./messages/message-list.ts";

/** A life of a session that is in the trash. */
export interface TrashedLife {
  /** RFC 3339; `undefined` when someone else removed the document, and nobody has noted it yet. */
  readonly removedAt: string | undefined;
  readonly title: string | null;
  readonly messageCount: number;
  /** Of the journal's part that only this life needs. */
  readonly bytes: number;
  readonly parentId: SessionId | null;
  /** Of the tombstone's record, which tells this life from any other of the id; `undefined` where there is none yet. */
  readonly checksum: string | undefined;
  /** Why it was removed, where that was noted. */
  readonly why: CommitRecord["why"];
}

/** A tombstone that put a life into the trash. */
export interface Tombstone extends TrashedLife {
  readonly removedAt: string;
  readonly life: number;
  readonly revision: number;
  readonly checksum: string;
  /** Logical offset of its record, and of the end of that record. */
  readonly offset: number;
  readonly end: number;
}

/** The lives that a journal has in the trash; the one that was removed last comes first. */
export function livesBefore(
  journal: Journal,
  scan: JournalScan,
  gone?: SessionReading<MessageList>["gone"],
): TrashedLife[] {
  const earlier = tombstones(journal, scan);
  if (gone !== "foreign-delete" || scan.last === undefined) return earlier;
  const { messageCount } = scan.last;
  const unknown = { removedAt: undefined, checksum: undefined, why: undefined };
  const bytes = journal.end - (earlier[0]?.end ?? journal.header.origin);
  return [{ ...unknown, messageCount, bytes, ...listedIn(journal, scan.listing) }, ...earlier];
}

/** Their tombstones. */
export function tombstones(
  journal: Journal,
  scan: Pick<JournalScan, "removed" | "last" | "lastOffset">,
): Tombstone[] {
  const found: Omit<Tombstone, "bytes">[] = [];
  let at = scan.removed === "trash" ? scan.lastOffset : journal.earlierOf(scan.last);
  while (at !== undefined) {
    const tombstone = journal.recordAt(at);
    if (tombstone?.record.kind !== "commit" || tombstone.record.removed !== "trash") break;
    const { record, line } = tombstone;
    found.push({
      life: record.life,
      revision: record.revision,
      checksum: record.checksum,
      offset: at,
      end: at + line.length + 1,
      removedAt: record.at,
      messageCount: record.messageCount,
      why: record.why,
      ...listedIn(journal, record.listing ?? at),
    });
    const before = journal.earlierOf(record);
    at = before !== undefined && before < at ? before : undefined;
  }
  return found.map((life, index) => {
    const begin = found[index + 1]?.end ?? journal.header.origin;
    return { ...life, bytes: life.end - begin };
  });
}

function listedIn(journal: Journal, offset: number): Pick<TrashedLife, "title" | "parentId"> {
  const { title = null, parentId = null } = journal.listedAt(offset) ?? {};
  return { title, parentId };
}
