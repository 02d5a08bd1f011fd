import { ConflictError, InvalidArgumentError } from "../../session/errors/errors.ts";
import type { Json } from "../../session/json/json.ts";
import type { Message } from "../../session/message.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { StoredCommit } from "../../index.ts";
import type { SessionStore } from "../../store/session-store.ts";
import { LIST, TAG, type ThreadItem } from "./records.ts";
import { keyOf, ThreadState, type CheckpointKey } from "./thread-state.ts";

/** What a change adds to a thread. */
export interface ThreadChange {
  readonly item: ThreadItem;
  readonly splice?: readonly [start: number, deleteCount: number, messages: readonly Message[]] | undefined;
  /** Called when it is stored and taken in. */
  readonly stored?: ((state: ThreadState) => void) | undefined;
}

/** What is to be stored of a thread. */
export interface ThreadWrite {
  /** The checkpoints that it goes on from: when one went with a thread that was deleted, it comes too late. */
  readonly from: readonly CheckpointKey[];
  /** The checkpoint that it makes. */
  readonly adds?: CheckpointKey | undefined;
  /**
   * Makes the change for what is stored; `undefined` when nothing has to be. Called again when another process was
   * faster.
   */
  readonly change: Promise<(view: ThreadView) => ThreadChange | undefined>;
}

/** What is known of a thread, at one revision of its session. */
export interface ThreadView {
  readonly state: ThreadState;
  /** The contents of the session's messages. */
  readonly contents: readonly Json[];
}

/**
 * A thread: a session whose side list holds its checkpoints and writes. What was read is kept and caught up with, so
 * that a change costs what it adds. Calls take turns; other processes are noticed by the session's revision.
 */
export class Thread {
  readonly sessionId: SessionId;
  readonly #store: SessionStore;
  #state = new ThreadState();
  #contents: Json[] = [];
  /** Where the session was when `state` was read; 0 when it was not there. */
  #revision = 0;
  #tag = "";
  #at = "";
  #tokenCount = 0;
  #isRead = false;
  #turn: Promise<unknown> = Promise.resolve();
  /** Checkpoints that were known and went with the thread when it was deleted, and the revision it had. */
  readonly #gone = new Set<string>();
  #goneRevision = 0;

  constructor(store: SessionStore, sessionId: SessionId) {
    this.#store = store;
    this.sessionId = sessionId;
  }

  /** Looks at the thread as it is stored now. */
  read<T>(look: (view: ThreadView) => T): Promise<T> {
    return this.#inTurn(async () => {
      await this.#catchUp();
      return look({ state: this.#state, contents: this.#contents });
    });
  }

  /**
   * Stores a change, which is durable when this resolves. Changes are stored in the order of the calls.
   * @throws {ConflictError} when it belongs to a checkpoint of a thread that was deleted: it would bring that one back.
   */
  write(threadId: string, write: ThreadWrite): Promise<void> {
    // It is told in its turn.
    write.change.catch(() => undefined);
    return this.#inTurn(async () => {
      const change = await write.change;
      let isCurrent = !this.#isRead;
      if (isCurrent) await this.#catchUp();
      for (;;) {
        this.#refuseWhatIsLate(write);
        const made = change({ state: this.#state, contents: this.#contents });
        if (made === undefined) {
          if (isCurrent) return;
          // What is known to be there may have been removed since.
          await this.#catchUp();
          isCurrent = true;
          continue;
        }
        try {
          await this.#commit(threadId, made);
          return;
        } catch (error) {
          // What became of it is not certain: look again before the next change.
          this.#isRead = false;
          if (!(error instanceof ConflictError)) throw error;
          await this.#catchUp();
          isCurrent = true;
        }
      }
    });
  }

  /** Removes the session, and so every checkpoint and write. */
  remove(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#catchUp();
      if (this.#revision > 0) await this.#store.delete(this.sessionId);
      this.#forget();
    });
  }

  #refuseWhatIsLate({ from, adds }: ThreadWrite): void {
    const isLate = from.some(
      ([ns, id]) => this.#gone.has(keyOf(ns, id)) && this.#state.checkpoint(ns, id) === undefined,
    );
    if (!isLate) return;
    // What goes on from there is late as well.
    if (adds !== undefined) this.#gone.add(keyOf(...adds));
    throw new ConflictError(this.sessionId, this.#goneRevision, this.#revision);
  }

  async #commit(threadId: string, { item, splice, stored }: ThreadChange): Promise<void> {
    const isNew = this.#revision === 0;
    const items = (isNew ? [{ thread: threadId }, item] : [item]) as unknown as Json[];
    const tokenCount = this.#tokensAfter(splice);
    const { revision, tag, at } = await this.#store.commit(this.sessionId, {
      base: this.#revision,
      baseTag: isNew ? undefined : this.#tag,
      splice,
      side: { [LIST]: items },
      set: isNew
        ? { createdAt: new Date().toISOString(), tags: [TAG], custom: customOf(threadId), tokenCount }
        : tokenCount === this.#tokenCount
          ? undefined
          : { tokenCount },
    });
    this.#noteRevision(revision, tag, at, tokenCount);
    for (const one of items) this.#state.take(one);
    this.#splice(splice);
    stored?.(this.#state);
  }

  async #catchUp(): Promise<void> {
    const summary = await this.#store.summary(this.sessionId);
    if (summary === undefined) this.#forget();
    else if (this.#revision !== summary.revision || this.#at !== summary.updatedAt) {
      if (this.#revision === 0 || !(await this.#follow())) await this.#load();
    }
    if (this.#revision > 0 && this.#state.threadId === undefined) {
      throw new InvalidArgumentError(
        `Session ${this.sessionId} is in the store, but is no LangGraph thread. Use another thread_id.`,
      );
    }
    this.#isRead = true;
  }

  /** Takes in what was committed since; false when the session's history does not lead on from what is known. */
  async #follow(): Promise<boolean> {
    let isKnown = false;
    try {
      for await (const commit of this.#store.engine.commits(this.sessionId, this.#revision - 1)) {
        if (!isKnown) {
          if (commit.revision !== this.#revision || commit.tag !== this.#tag) return false;
          isKnown = true;
          this.#at = commit.at;
          this.#tokenCount = commit.tokenCount;
        } else {
          this.#take(commit);
        }
      }
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      return false;
    }
    return isKnown;
  }

  #take({ revision, tag, at, tokenCount, side, splice }: StoredCommit): void {
    for (const item of side?.[LIST] ?? []) this.#state.take(item);
    this.#splice(splice);
    this.#noteRevision(revision, tag, at, tokenCount);
  }

  async #load(): Promise<void> {
    this.#forget();
    const stored = await this.#store.engine.read(this.sessionId);
    if (stored === undefined) return;
    // Items that came in since are taken in again, which changes nothing, with the commits behind this revision.
    for await (const { item } of this.#store.sideItems(this.sessionId, { list: LIST }))
      this.#state.take(item);
    this.#contents = stored.messages.map(({ content }) => content);
    this.#noteRevision(stored.revision, stored.tag, stored.updatedAt, stored.head.tokenCount);
  }

  #splice(splice: ThreadChange["splice"]): void {
    if (splice === undefined) return;
    const [start, deleteCount, messages] = splice;
    if (start === this.#contents.length && deleteCount === 0) {
      for (const { content } of messages) this.#contents.push(content);
    } else {
      const added = messages.map(({ content }) => content);
      this.#contents = [
        ...this.#contents.slice(0, start),
        ...added,
        ...this.#contents.slice(start + deleteCount),
      ];
    }
  }

  #tokensAfter(splice: ThreadChange["splice"]): number {
    if (splice === undefined) return this.#tokenCount;
    const [start, deleteCount, messages] = splice;
    const tokens = (sum: number, content: Json): number =>
      sum + this.#store.estimateTokens({ role: "message", content });
    const removed = this.#contents.slice(start, start + deleteCount).reduce(tokens, 0);
    const added = messages.map(({ content }) => content).reduce(tokens, 0);
    return Math.max(this.#tokenCount - removed + added, 0);
  }

  #noteRevision(revision: number, tag: string, at: string, tokenCount: number): void {
    this.#tokenCount = tokenCount;
    this.#revision = revision;
    this.#tag = tag;
    this.#at = at;
  }

  #forget(): void {
    if (this.#revision > 0) {
      for (const { ns, id } of this.#state.checkpoints()) this.#gone.add(keyOf(ns, id));
      this.#goneRevision = this.#revision;
    }
    this.#state = new ThreadState();
    this.#contents = [];
    this.#noteRevision(0, "", "", 0);
    this.#isRead = false;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work, work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** What a new thread's session says of where it comes from. */
function customOf(threadId: string): Record<string, string> {
  return { source: "langgraph", langgraph_thread_id: threadId };
}
