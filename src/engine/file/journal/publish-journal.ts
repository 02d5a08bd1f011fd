import { EMPTY_HEAD, headChanges, listedFields, type SessionHead } from "../../../session/head.ts";
import { jsonText } from "../../../session/json.ts";
import type { Message } from "../../../session/message.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { SideEntry } from "../../../session/side-lists.ts";
import { appendFully } from "../disk/append-fully.ts";
import type { FileContext } from "../disk/file-context.ts";
import type { JournalPosition } from "./journal-reader.ts";
import { encodeCommit, encodeHeader, FORMAT, NO_CHECKSUM } from "./journal-record.ts";

/**
 * Gives a session a journal that is whole from the moment it has its name: written aside, synced, named, and the name
 * synced.
 * @param how `create` refuses when there is a journal already, `replace` takes its place.
 * @returns false when the name was taken.
 */
export async function publishJournal(
  context: FileContext,
  id: SessionId,
  content: readonly Buffer[],
  how: "create" | "replace",
): Promise<boolean> {
  const { disk, paths } = context;
  const temporary = paths.newTemporary(id);
  const file = disk.create(temporary, "journal.create");
  let published: boolean;
  try {
    try {
      for (const bytes of content) await appendFully(file, bytes, "journal.create");
      await file.sync("journal.create.sync");
    } finally {
      file.close();
    }
    if (how === "replace") {
      await disk.rename(temporary, paths.journal(id), "journal.replace.rename");
      published = true;
    } else {
      published = await disk.publish(temporary, paths.journal(id), "journal.publish");
    }
    if (published) await disk.syncDirectory(paths.root, "journal.sync-directory");
  } finally {
    await disk.remove(temporary, "temporary.remove").catch(() => undefined);
  }
  return published;
}

const LARGEST_RECORD = 64 << 20;

/**
 * A new journal that restates a session as it is at `position` and goes on from there: offsets and checksums that a
 * checkpoint names stay valid.
 */
export function journalFrom(
  id: SessionId,
  position: JournalPosition,
  state: {
    readonly head: SessionHead;
    readonly messages: readonly Message[];
    readonly side: readonly SideEntry[];
  },
  at: string,
): Buffer[] {
  const groups = groupsOf(state.messages, state.side, position.revision);
  const after: [number, string] = [position.revision - groups.length, NO_CHECKSUM];
  const records = (origin: number): Buffer[] => {
    const header = encodeHeader({
      format: FORMAT,
      session: id,
      origin,
      revision: after[0],
      checksum: after[1],
    });
    const lines = [header];
    const firstAt = origin + header.length;
    let previous = after[1];
    let messageCount = 0;
    for (const [index, { messages, side }] of groups.entries()) {
      const isLast = index === groups.length - 1;
      const { line, checksum } = encodeCommit({
        previous,
        revision: after[0] + index + 1,
        at,
        messageCount: messageCount + messages.length,
        tokenCount: state.head.tokenCount,
        listing: index === 0 ? undefined : firstAt,
        checkpoint: 0,
        synced: index === 0 ? undefined : firstAt,
        alias: isLast ? position.checksum : undefined,
        splice: [messageCount, 0, messages],
        set: index === 0 ? fullSet(state.head) : undefined,
        side,
      });
      previous = checksum;
      messageCount += messages.length;
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

/** Every field that differs from an empty head, and all listed ones, so that a journal stands on its own. */
export function fullSet(head: SessionHead): Partial<SessionHead> {
  const { tokenCount: _, ...changes } = {
    ...headChanges(EMPTY_HEAD, head),
    ...listedFields(head, { title: null }),
  };
  return changes;
}

interface Group {
  readonly messages: Message[];
  readonly side: SideEntry[];
}

/** Runs of messages and side items of bounded size, at most `most` of them (and one even without any). */
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
