import { EMPTY_HEAD, type SessionHead } from "../../../session/head.ts";
import { TimeSlice } from "../disk/time-slice.ts";
import type { AcceptedCommit, JournalPosition, JournalScan } from "../journal/follow-journal.ts";
import type { Journal } from "../journal/journal.ts";
import type { CommitRecord } from "../journal/record/record.ts";
import { setOf } from "../journal/record/record-content.ts";
import type { MessageList } from "./messages/message-list.ts";
import type { ReadTo } from "./reading.ts";

/**
 * Applies the commits of a journal that stand behind `start` to a state, as it was there.
 * @param to the last one to apply. Default: all.
 * @param onCommit told of each when it is applied, and of the head behind it.
 */
export async function applyCommits(
  journal: Journal,
  start: JournalPosition,
  state: { readonly list: MessageList; readonly head: SessionHead },
  to: ReadTo | undefined,
  onCommit?: (record: CommitRecord, head: SessionHead) => void,
): Promise<{ readonly scan: JournalScan; readonly head: SessionHead }> {
  const { list } = state;
  const following = journal.follow(start);
  const slice = new TimeSlice();
  let { head } = state;
  let { life } = start;
  let reached: JournalScan | undefined;
  for (;;) {
    const next = await following.next();
    if (next.done === true) return { scan: reached ?? next.value, head };
    for (const commit of next.value) {
      const { record, line, offset } = commit;
      if (to !== undefined && isBehind(record, to)) {
        await following.return(undefined as never);
        return { scan: reached ?? scanAt(start), head };
      }
      if (record.life > life) {
        ({ life } = record);
        list.clear();
        head = EMPTY_HEAD;
      }
      const applied = list.apply(commit);
      if (applied !== undefined) await applied;
      head = { ...head, ...setOf(line, record), tokenCount: record.tokenCount };
      onCommit?.(record, head);
      if (to !== undefined) reached = scanTo(commit, offset + line.length + 1);
      if (slice.isOver) await slice.next();
    }
  }
}

function isBehind(record: CommitRecord, to: ReadTo): boolean {
  return record.life > to.life || (record.life === to.life && record.revision > to.revision);
}

/** A scan that was ended behind a commit. */
function scanTo({ record, offset }: AcceptedCommit, end: number): JournalScan {
  const { life, revision, checksum } = record;
  return {
    ...NOTHING_READ,
    position: { offset: end, life, revision, checksum },
    end,
    last: record,
    lastOffset: offset,
    listing: record.listing ?? offset,
  };
}

const NOTHING_READ = {
  last: undefined,
  mark: undefined,
  checkpoint: 0,
  foreign: undefined,
  removed: undefined,
  tornFrom: undefined,
  damage: undefined,
} as const;

/** A scan that was ended where it began. */
function scanAt(start: JournalPosition): JournalScan {
  const { offset } = start;
  return { ...NOTHING_READ, position: start, end: offset, lastOffset: offset, listing: offset };
}
