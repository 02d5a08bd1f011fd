import { SessionNotFoundError } from "../../../session/errors/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { isDue, isWorthwhile, type CheckpointNeed } from "../checkpoint/checkpoint-policy.ts";
import { placeCheckpoint, type WrittenCheckpoint } from "../checkpoint/place-checkpoint.ts";
import { millisecondsOf } from "../disk/disk.ts";
import { storageError } from "../disk/storage-error.ts";
import { encodeDocument } from "../journal/record/encode-record.ts";
import { isPackedAt } from "../packed/seek-table.ts";
import { prepareCheckpoint } from "./make-checkpoint.ts";
import type { OpenSession } from "./open-session.ts";
import type { SessionWriter } from "./session-writer.ts";
import type { WriterContext } from "./writer-context.ts";

const DOING = "write a checkpoint of session";
/** After a checkpoint failed, this many bytes more are written to the journal before the next try. */
const RETRY_AFTER = 1 << 20;
/** Who wrote a session's document so recently may do it again: it is left alone, in milliseconds. */
const FOREIGN_REST = 10_000;

/** The checkpoints of a session that is being written: each is written beside further commits, one at a time. */
export class SessionCheckpoints {
  readonly #context: WriterContext;
  readonly #id: SessionId;
  readonly #writer: SessionWriter;
  #running: Promise<void> | undefined;
  #notBefore = 0;

  constructor(context: WriterContext, id: SessionId, writer: SessionWriter) {
    this.#context = context;
    this.#id = id;
    this.#writer = writer;
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
    const { session } = this.#writer;
    if (session === undefined || session.isRemoved || this.#running !== undefined) return;
    if (session.end < this.#notBefore || !isDue(needOf(session)) || isResting(session)) return;
    void this.#start().catch((error: unknown) => this.#report(error));
  }

  /** Writes one at the end of the writer's life, where that is worth it. */
  async finish(): Promise<void> {
    const { session } = this.#writer;
    if (session === undefined || session.isRemoved || !isWorthwhile(needOf(session)) || isResting(session))
      return;
    await this.#start().catch((error: unknown) => this.#report(error));
  }

  /**
   * Writes one of the current revision.
   * @throws {SessionNotFoundError} when the session was removed: of a life in the trash there is none.
   */
  async make(): Promise<void> {
    // Whether one that is under way already fails is not this call's business.
    await this.settled();
    const isCovered = await this.#writer.exclusively(DOING, async (turn) => {
      const session = await turn.open();
      if (session === undefined || session.isRemoved) throw new SessionNotFoundError(this.#id);
      const { document, position } = session;
      return document?.record.foreign === undefined && document?.record.revision === position.revision;
    });
    if (isCovered) return;
    try {
      await this.#start();
    } catch (error) {
      // Only the file beside can have failed as it is; what happens under the lock has told its outcome.
      throw storageError(error, `${DOING} ${this.#id}`, "not-stored");
    }
  }

  /** Writes one of the current revision, or waits for the one that is under way. */
  #start(): Promise<void> {
    this.#running ??= this.#write().finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** The bulk is written beside further commits; only giving it its name takes the lock. */
  async #write(): Promise<void> {
    const target = await this.#writer.exclusively(DOING, async (turn) => {
      if (this.#isPacked()) return undefined;
      let session = await turn.open();
      if (session === undefined) return undefined;
      // A checkpoint must not be ahead of what a power cut leaves of the journal.
      await this.#writer.sync(session);
      session = await turn.open();
      if (session === undefined || session.isRemoved) return undefined;
      const { inode, position, lastOffset, document } = session;
      return { inode, position, lastOffset, writtenBefore: document?.record.written ?? 0 };
    });
    if (target === undefined) return;
    const { inode, position, lastOffset, writtenBefore } = target;
    const written = await prepareCheckpoint(this.#context, this.#id, position, writtenBefore, inode);
    if (written === undefined) return;
    try {
      await this.#place(written, lastOffset);
    } finally {
      await this.#context.disk.remove(written.path, "temporary.remove").catch(() => undefined);
    }
  }

  async #place(written: WrittenCheckpoint, lastOffset: number): Promise<void> {
    await this.#writer.exclusively(DOING, async (turn) => {
      if (this.#isPacked()) return;
      const session = await turn.open();
      if (session === undefined || session.isRemoved) return;
      const { position, journal, document } = session;
      // Removed meanwhile (and perhaps made anew), or someone else placed a later one.
      if (journal.header.key !== written.journalKey || position.life !== written.life) return;
      const covered = journal.recordAt(lastOffset)?.record;
      if (covered?.kind !== "commit" || covered.checksum !== written.checksum) return;
      if (document?.record.foreign === undefined && (document?.record.revision ?? 0) >= written.revision)
        return;
      // A document that someone else wrote since the checkpoint was begun holds more than it.
      if ((document?.record.revision ?? 0) > written.revision) return;
      // The same commit may have been made anew meanwhile, by who imports a session again, and not be synced yet.
      if (session.synced < written.covers) await this.#writer.sync(session);
      if (this.#writer.session !== session) return;
      const stat = await placeCheckpoint(this.#context, this.#id, written, document?.stat);
      if (stat === undefined) {
        // Someone else wrote the document at this very moment: the next to open the session takes that over.
        turn.forget();
        return;
      }
      const isSynced = session.synced >= session.end;
      const { revision, covers, written: bytes } = written;
      const synced = isSynced ? session.end : covers;
      const record = {
        kind: "document",
        revision,
        stat,
        covers,
        written: bytes,
        foreign: undefined,
        synced,
      } as const;
      const line = encodeDocument(record);
      await journal.append(line, "checkpoint.mark");
      session.noteDocument({ stat, markedAt: session.end, record }, line.length);
      // Someone wrote in spite of the lock.
      if (journal.end !== session.end) {
        turn.forget();
        return;
      }
      if (isSynced) this.#writer.noteSynced();
      // Were the note lost with the power, what Astrid adds to this checkpoint could not be told from what it held.
      await this.#writer.sync(session);
      this.#writer.noteSaved();
    });
  }

  /** Someone has packed it meanwhile: it is not to be unpacked for a checkpoint that nobody asked for. */
  #isPacked(): boolean {
    return isPackedAt(this.#context.disk, this.#context.paths.journal(this.#id));
  }

  #report(error: unknown): void {
    this.#notBefore = (this.#writer.session?.end ?? 0) + RETRY_AFTER;
    this.#context.report({
      kind: "checkpoint-failed",
      sessionId: this.#id,
      message: `The checkpoint could not be written (${(error as Error).message}); the session is safe in its journal.`,
      error: error as Error,
    });
  }
}

function needOf({ begin, end, document }: OpenSession): CheckpointNeed {
  if (document === undefined) return { checkpoint: undefined, begin, end };
  const { covers, written } = document.record;
  return { checkpoint: { size: document.stat.size, covers, written }, begin, end };
}

function isResting({ document }: OpenSession): boolean {
  if (document?.record.foreign === undefined) return false;
  return Math.abs(Date.now() - millisecondsOf(document.stat.modified)) < FOREIGN_REST;
}
