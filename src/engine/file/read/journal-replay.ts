import { CorruptSessionError } from "../../../session/errors.ts";
import { EMPTY_HEAD, type SessionHead } from "../../../session/head.ts";
import type { Message } from "../../../session/message.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { DiskFile } from "../disk/disk.ts";
import { followJournal, type JournalPosition, type JournalScan } from "../journal/journal-reader.ts";
import { LONGEST_RUN, messageRuns, messagesOf, setOf, type CommitRecord } from "../journal/journal-record.ts";
import { TimeSlice } from "../disk/time-slice.ts";

/** What a session holds, while commits are applied to it. */
export interface ReplayedState {
  head: SessionHead;
  readonly messages: Message[];
}

/** What it holds before the first commit. */
export const BEGINNING: ReplayedState = { head: EMPTY_HEAD, messages: [] };

/**
 * Applies the commits of a journal behind `start` to a copy of what the session held there; `after` is called behind
 * each.
 * @throws {CorruptSessionError}
 */
export async function replayJournal(
  journal: { readonly id: SessionId; readonly file: DiskFile; readonly origin: number },
  start: JournalPosition,
  from: Readonly<ReplayedState>,
  after?: (revision: number, state: ReplayedState) => void,
): Promise<{ scan: JournalScan; state: ReplayedState }> {
  const state: ReplayedState = { head: from.head, messages: from.messages.slice() };
  const slice = new TimeSlice();
  const following = followJournal(journal.file, journal.origin, start);
  for (;;) {
    const next = await following.next();
    if (next.done === true) {
      const { damage } = next.value;
      if (damage !== undefined) throw new CorruptSessionError(journal.id, damage.detail);
      return { scan: next.value, state };
    }
    for (const { record, line } of next.value) {
      if (record.splice !== undefined) {
        const messages =
          line.length > LONGEST_RUN ? await messagesInTurns(line, record) : messagesOf(line, record);
        insert(state.messages, record.splice[0], record.splice[1], messages);
      }
      state.head = { ...state.head, ...setOf(line, record), tokenCount: record.tokenCount };
      after?.(record.revision, state);
      if (slice.isOver) await slice.next();
    }
  }
}

/** The messages of a long line, while the event loop has its turns. */
async function messagesInTurns(line: Buffer, record: CommitRecord): Promise<Message[]> {
  const slice = new TimeSlice();
  const messages: Message[] = [];
  for (const run of messageRuns(line, record)) {
    for (const message of run) messages.push(message);
    if (slice.isOver) await slice.next();
  }
  return messages;
}

/** `splice` without spreading a large array into arguments. */
export function insert(
  messages: Message[],
  start: number,
  deleteCount: number,
  inserted: readonly Message[],
): void {
  if (start === messages.length && deleteCount === 0) {
    for (const message of inserted) messages.push(message);
    return;
  }
  const behind = messages.slice(start + deleteCount);
  messages.length = start;
  for (const message of inserted) messages.push(message);
  for (const message of behind) messages.push(message);
}
