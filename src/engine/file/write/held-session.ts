import { CorruptSessionError } from "../../../session/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { CommitBatch } from "./commit-batch.ts";
import type { FileContext } from "../disk/file-context.ts";
import type { OwnSave } from "../index/summaries/own-saves.ts";
import { PreviewTracker } from "../index/summaries/preview-tracker.ts";
import { openSession, type OpenSession } from "./session-opener.ts";
import { isCurrent, stateOf, type WriterState } from "./writer-state.ts";

/**
 * A session as its writer holds it open between two commits, for as long as its files are those that it last saw. All
 * of it happens under the session's lock, but for `forget`.
 */
export class HeldSession {
  readonly #context: FileContext;
  readonly #id: SessionId;
  readonly #journalPath: string;
  readonly #checkpointPath: string;
  #state: WriterState | undefined;
  /** What the index was told last. */
  #saved: OwnSave | undefined;

  constructor(context: FileContext, id: SessionId) {
    this.#context = context;
    this.#id = id;
    this.#journalPath = context.paths.journal(id);
    this.#checkpointPath = context.paths.checkpoint(id);
  }

  /** As it was last seen. */
  get state(): WriterState | undefined {
    return this.#state;
  }

  /** The state, when the files are still those that it was made from. */
  current(): WriterState | undefined {
    const state = this.#state;
    if (state === undefined) return undefined;
    return isCurrent(state, this.#context.disk, this.#journalPath, this.#checkpointPath) ? state : undefined;
  }

  /**
   * The session as it is now, put in order where that is needed; `undefined` when there is none.
   * @throws what `openSession` throws.
   */
  async open(how: "quick" | "thorough" = "quick"): Promise<WriterState | undefined> {
    const current = how === "thorough" ? undefined : this.current();
    if (current !== undefined) return current;
    this.forget();
    const open = await openSession(this.#context, this.#id, how === "thorough");
    this.#state = open === undefined ? undefined : stateOf(open);
    return this.#state;
  }

  /** Opened anew, because a tombstone needs more of the journal's end than a commit does. */
  async openToRemove(): Promise<OpenSession | "absent" | "unreadable"> {
    try {
      if ((await this.open()) === undefined) return "absent";
      this.forget();
      const open = await openSession(this.#context, this.#id);
      if (open === undefined) return "absent";
      this.#state = stateOf(open);
      return open;
    } catch (error) {
      // What cannot be read can still be removed; there is nothing to write a tombstone into.
      if (error instanceof CorruptSessionError) return "unreadable";
      throw error;
    }
  }

  /** Lets go of the files: the next one to need the session opens it again. */
  forget(): void {
    this.#state?.file.close();
    this.#state = undefined;
  }

  /** Tells the index what a batch made of the session. */
  noteSave(batch: CommitBatch, isNew: boolean): void {
    const state = this.#state;
    const last = batch.accepted.at(-1)?.committed;
    if (state === undefined || last === undefined) return;
    if (isNew) state.preview = new PreviewTracker(true);
    for (const { applied } of batch.accepted) state.preview.note(applied);
    this.#saved = { state: { ...state }, updatedAt: last.at };
    this.#context.saved(this.#id, this.#saved);
  }

  /** Tells the index that the last save has a checkpoint by now. */
  noteCheckpoint(): void {
    const state = this.#state;
    if (state === undefined || this.#saved?.state.position.checksum !== state.position.checksum) return;
    this.#saved = { ...this.#saved, state: { ...state } };
    this.#context.saved(this.#id, this.#saved);
  }
}
