import { TimeSlice } from "../../disk/time-slice.ts";
import type { Checkpoint } from "../../checkpoint/checkpoint.ts";
import type { AcceptedCommit } from "../../journal/follow-journal.ts";
import { LONGEST_RUN, messageRuns, messagesOf } from "../../journal/record/record-content.ts";
import type { Message } from "../../../../session/message.ts";

/** A session's messages while commits are applied to them: themselves (`MessageArray`) or where they stand. */
export interface MessageList {
  readonly count: number;
  /** Begins with the messages of a checkpoint; they replace what was there. @throws {DamagedCheckpoint} */
  take(checkpoint: Checkpoint): Promise<void>;
  /** Applies the splice of a journal's commit. */
  apply(commit: AcceptedCommit): Promise<void> | undefined;
  /** Applies a splice of messages that stand in no file of ours. */
  insert(start: number, deleteCount: number, messages: readonly Message[]): void;
  /** Begins anew, without messages. */
  clear(): void;
}

/** The messages themselves. */
export class MessageArray implements MessageList {
  messages: Message[] = [];

  get count(): number {
    return this.messages.length;
  }

  async take(checkpoint: Checkpoint): Promise<void> {
    this.messages = await checkpoint.messages();
  }

  apply({ record, line }: AcceptedCommit): Promise<void> | undefined {
    if (record.splice === undefined) return undefined;
    if (line.length > LONGEST_RUN) return this.#applyInTurns(line, record);
    this.insert(record.splice[0], record.splice[1], messagesOf(line, record));
    return undefined;
  }

  /** The same for a long line, while the event loop has its turns. */
  async #applyInTurns(line: Buffer, record: AcceptedCommit["record"]): Promise<void> {
    const slice = new TimeSlice();
    const messages: Message[] = [];
    for (const run of messageRuns(line, record)) {
      for (const message of run) messages.push(message);
      if (slice.isOver) await slice.next();
    }
    const [start, deleteCount] = record.splice ?? [0, 0];
    this.insert(start, deleteCount, messages);
  }

  insert(start: number, deleteCount: number, inserted: readonly Message[]): void {
    insertMessages(this.messages, start, deleteCount, inserted);
  }

  clear(): void {
    this.messages = [];
  }
}

/** `splice` without spreading a large array into arguments. */
function insertMessages(
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
  messages.length = Math.min(start, messages.length);
  for (const message of inserted) messages.push(message);
  for (const message of behind) messages.push(message);
}
