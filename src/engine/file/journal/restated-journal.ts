import type { SessionHead } from "../../../session/head.ts";
import { jsonText } from "../../../session/json/json.ts";
import type { Message } from "../../../session/message.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { SideEntry } from "../../../session/side-lists.ts";
import type { JournalPosition } from "./follow-journal.ts";
import { encodeCommit, encodeHeader } from "./record/encode-record.ts";
import type { CommitRecord } from "./record/record.ts";
import { NO_CHECKSUM } from "./record/record-line.ts";
import type { Journal } from "./journal.ts";
import { fullSet, newJournalKey } from "./publish-journal.ts";

const LARGEST_RECORD = 64 << 20;

/** What a journal restates. */
export interface RestatedState {
  readonly head: SessionHead;
  readonly messages: readonly Message[];
  readonly side: readonly SideEntry[];
  readonly at: string;
  /** Checksum of the last document of someone else's that it has taken over. */
  readonly foreign?: string | undefined;
  /** Of the commit that its last revision was. */
  readonly operation?: CommitRecord["operation"];
}

/**
 * A new journal that restates a session as it is at `position` and goes on from there: offsets and checksums that a
 * checkpoint names stay valid.
 */
export function restatedJournal(
  id: SessionId,
  key: string,
  position: JournalPosition,
  { head, messages, side, at, foreign, operation }: RestatedState,
  replaces?: readonly string[],
): Buffer[] {
  // What takes the place of a journal on purpose restates one revision whole: the ones before are not to be there.
  const groups = groupsOf(messages, side, replaces === undefined ? position.revision : 1);
  const { life } = position;
  const after: [number, string] = [position.revision - groups.length, NO_CHECKSUM];
  const records = (origin: number): Buffer[] => {
    const header = encodeHeader({
      session: id,
      key,
      replaces,
      origin,
      revision: after[0],
      checksum: after[1],
      life,
    });
    const lines = [header];
    const firstAt = origin + header.length;
    let previous = after[1];
    let messageCount = 0;
    for (const [index, group] of groups.entries()) {
      const isLast = index === groups.length - 1;
      const { line, checksum } = encodeCommit({
        previous,
        revision: after[0] + index + 1,
        life,
        at,
        messageCount: messageCount + group.messages.length,
        tokenCount: head.tokenCount,
        listing: index === 0 ? undefined : firstAt,
        synced: index === 0 ? undefined : firstAt,
        operation: isLast ? operation : undefined,
        foreign: isLast ? foreign : undefined,
        alias: isLast ? position.checksum : undefined,
        splice: [messageCount, 0, group.messages],
        set: index === 0 ? fullSet(head) : undefined,
        side: group.side,
      });
      previous = checksum;
      messageCount += group.messages.length;
      lines.push(line);
    }
    return lines;
  };
  // The header and the pointers name the origin, whose digits count as bytes: repeat until it fits.
  let origin = position.offset;
  for (;;) {
    const lines = records(origin);
    const next = position.offset - lines.reduce((sum, line) => sum + line.length, 0);
    if (next === origin) return lines;
    origin = next;
  }
}

/**
 * The same journal with a header of its own, from a place between two records on: of an older format, behind a damaged
 * first line, or without lives that were removed for good. Every other byte, and every offset, stays.
 */
export async function* journalFrom(
  id: SessionId,
  journal: Journal,
  position: JournalPosition,
  key?: string,
): AsyncGenerator<Buffer> {
  yield headerFrom(id, journal, position, key);
  yield* journal.copy(position.offset, journal.end);
}

/** The header that such a journal begins with. */
export function headerFrom(
  id: SessionId,
  journal: Journal,
  { offset, life, revision, checksum }: JournalPosition,
  key = journal.header.key ?? newJournalKey(),
): Buffer {
  const { replaces } = journal.header;
  let origin = offset;
  for (;;) {
    const line = encodeHeader({ session: id, key, replaces, origin, revision, checksum, life });
    const next = offset - line.length;
    if (next === origin) return line;
    origin = next;
  }
}

interface Group {
  readonly messages: Message[];
  readonly side: SideEntry[];
}

/** Messages and side items in groups of bounded size, at most `most` of them (and one even without any). */
function groupsOf(messages: readonly Message[], side: readonly SideEntry[], most: number): Group[] {
  let group: Group = { messages: [], side: [] };
  const groups = [group];
  let bytes = 0;
  const make = (size: number): Group => {
    if (bytes + size > LARGEST_RECORD && groups.length < most) {
      group = { messages: [], side: [] };
      groups.push(group);
      bytes = 0;
    }
    bytes += size;
    return group;
  };
  for (const message of messages) make(jsonText(message).length).messages.push(message);
  for (const entry of side) make(jsonText(entry).length).side.push(entry);
  return groups;
}
