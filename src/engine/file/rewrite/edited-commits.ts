import type { HeadChanges } from "../../../session/head.ts";
import type { Message } from "../../../session/message.ts";
import type { SideEntry } from "../../../session/side-lists.ts";
import { editedSide, type SessionEdit } from "../../session-edit.ts";
import { TimeSlice } from "../disk/time-slice.ts";
import type { AcceptedCommit, JournalScan } from "../journal/follow-journal.ts";
import type { Journal } from "../journal/journal.ts";
import type { CommitRecord } from "../journal/record/record.ts";
import { messagesOf, setOf, sideOf } from "../journal/record/record-content.ts";

/** A commit, with its parts as an edit leaves them. */
export interface EditedCommit extends AcceptedCommit {
  readonly splice: readonly [start: number, deleteCount: number, messages: readonly Message[]] | undefined;
  readonly set: HeadChanges | undefined;
  readonly side: readonly SideEntry[];
  readonly operation: CommitRecord["operation"];
  readonly why: CommitRecord["why"];
  readonly isChanged: boolean;
}

/** Gives every commit of a journal that counts, of all lives, to an edit. Memory: a chunk, or the longest line. */
export async function* editedCommits(
  journal: Journal,
  edit: SessionEdit,
): AsyncGenerator<EditedCommit, JournalScan> {
  const { position, removed } = await journal.ending();
  const following = journal.follow(journal.begin);
  const slice = new TimeSlice();
  let before = 0;
  for (;;) {
    const next = await following.next();
    if (next.done === true) return next.value;
    for (const commit of next.value) {
      const { revision, life, splice } = commit.record;
      const inTrash = life < position.life || removed !== undefined;
      edit.at({ kind: "commit", revision, isFirst: life !== before, inTrash, splice });
      before = life;
      yield edited(commit, edit);
      if (slice.isOver) await slice.next();
    }
  }
}

function edited(commit: AcceptedCommit, edit: SessionEdit): EditedCommit {
  const { record, line } = commit;
  const [start, deleteCount] = record.splice ?? [0, 0];
  const before = {
    messages: messagesOf(line, record),
    set: setOf(line, record),
    operation: record.operation,
    why: record.why,
  };
  const messages = before.messages.map((message, index) => edit.message(message, start + index));
  const set = before.set && edit.head(before.set);
  const { side, isChanged } = editedSide(edit, sideOf(line, record));
  const operation = before.operation && ([edit.text(before.operation[0]), before.operation[1]] as const);
  const why = before.why && editedWhy(edit, before.why);
  return {
    ...commit,
    splice: record.splice && [start, deleteCount, messages],
    set,
    side,
    operation,
    why,
    isChanged:
      isChanged ||
      set !== before.set ||
      operation?.[0] !== before.operation?.[0] ||
      why?.some((text, index) => text !== before.why?.[index]) === true ||
      messages.some((message, index) => message !== before.messages[index]),
  };
}

function editedWhy(
  edit: SessionEdit,
  [run, rule, reason, to]: NonNullable<CommitRecord["why"]>,
): NonNullable<CommitRecord["why"]> {
  return [run, edit.text(rule), edit.text(reason), to];
}
