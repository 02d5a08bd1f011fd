import type { SessionId } from "../../../session/session-id.ts";
import { isDue, isWorthwhile } from "../checkpoint/checkpoint-policy.ts";
import { openState } from "../checkpoint/checkpoint-writer.ts";
import type { FileContext } from "../disk/file-context.ts";
import type { HeldSession } from "./held-session.ts";
import { encodeCheckpointMark } from "../journal/journal-record.ts";
import {
  placeCheckpoint,
  prepareCheckpoint,
  type WrittenCheckpoint,
} from "../checkpoint/publish-checkpoint.ts";
import { syncJournal } from "../journal/sync-journal.ts";

/** Runs work alone among everything that writes the session. */
export type Exclusively = <T>(doing: string, work: () => Promise<T>) => Promise<T>;

const DOING = "write a checkpoint of session";
/** After a checkpoint failed, so many bytes more are written to the journal before the next try. */
const RETRY_AFTER = 1 << 20;

/** The checkpoints of a session that is being written: each is written beside further commits, one at a time. */
export class SessionCheckpoints {
  readonly #context: FileContext;
  readonly #id: SessionId;
  readonly #session: HeldSession;
  readonly #exclusively: Exclusively;
  #running: Promise<void> | undefined;
  #notBefore = 0;

  constructor(context: FileContext, id: SessionId, session: HeldSession, exclusively: Exclusively) {
    this.#context = context;
    this.#id = id;
    this.#session = session;
    this.#exclusively = exclusively;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Waits for the one that is under way, whether it fails or not. */
  async settled(): Promise<void> {
    await this.#running?.catch(() => undefined);
  }

  /** Begins one when it is due; nobody waits for it. */
  startIfDue(): void {
    const { state } = this.#session;
    if (state === undefined || this.#running !== undefined) return;
    if (state.end >= this.#notBefore && isDue(state)) {
      void this.start().catch((error: unknown) => this.#report(error));
    }
  }

  /** Writes one at the end of the writer's life, where that is worth it. */
  async finish(): Promise<void> {
    const { state } = this.#session;
    if (state !== undefined && isWorthwhile(state)) {
      await this.start().catch((error: unknown) => this.#report(error));
    }
  }

  /** Whether the current revision has one. */
  isCovered(): Promise<boolean> {
    return this.#exclusively(DOING, async () => {
      const state = await this.#session.open();
      return state === undefined || state.checkpoint?.revision === state.position.revision;
    });
  }

  /** Writes one of the current revision, or waits for the one that is under way. */
  start(): Promise<void> {
    this.#running ??= this.#write().finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** The bulk is written beside further commits; only giving it its name takes the lock. */
  async #write(): Promise<void> {
    const { disk, paths } = this.#context;
    const target = await this.#exclusively(DOING, async () => {
      let state = await this.#session.open();
      if (state !== undefined && state.synced < state.end) {
        // A checkpoint must not be ahead of what a power cut leaves of the journal.
        if (await syncJournal(this.#context, this.#id, state.file, "journal.sync")) state.synced = state.end;
        else this.#session.forget();
        state = await this.#session.open();
      }
      if (state === undefined) return undefined;
      const { inode, position, checkpoint } = state;
      return { inode, revision: position.revision, writtenBefore: checkpoint?.written ?? 0 };
    });
    if (target === undefined) return;
    const state = await openState(disk, paths, this.#id, { upTo: target.revision });
    // As long as the journal is open here, no other file gets its inode number.
    let written: WrittenCheckpoint | undefined;
    try {
      if (state?.journal?.stat().inode !== target.inode) return;
      written = await prepareCheckpoint(this.#context, this.#id, state, target.writtenBefore);
      await this.#place(written, target.inode);
    } finally {
      state?.close();
      if (written !== undefined) await disk.remove(written.path, "temporary.remove").catch(() => undefined);
    }
  }

  async #place(written: WrittenCheckpoint, inode: bigint): Promise<void> {
    await this.#exclusively(DOING, async () => {
      const now = await this.#session.open();
      // Removed meanwhile (and perhaps made anew), or someone else wrote a later one.
      if (now?.inode !== inode || (now.checkpoint?.revision ?? 0) >= written.revision) return;
      now.checkpoint = await placeCheckpoint(this.#context, this.#id, written, now.file);
      const { size, modified } = now.file.stat();
      now.end += encodeCheckpointMark(written.revision).length;
      now.modified = modified;
      // Someone wrote in spite of the lock.
      if (now.origin + size !== now.end) this.#session.forget();
      else this.#session.noteCheckpoint();
    });
  }

  #report(error: unknown): void {
    this.#notBefore = (this.#session.state?.end ?? 0) + RETRY_AFTER;
    this.#context.report({
      kind: "checkpoint-failed",
      sessionId: this.#id,
      message: `The checkpoint could not be written (${(error as Error).message}); the session is safe in its journal.`,
      error: error as Error,
    });
  }
}
