import type { Commit, Committed } from "../../session/commit.ts";
import { ConflictError, CorruptSessionError, LockedError } from "../../session/errors.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { Durability, RemoveOptions, Repair } from "../contract.ts";
import { appendFully, appendFullyNow } from "./append-fully.ts";
import { isDue, isWorthwhile } from "./checkpoint-policy.ts";
import { openState } from "./checkpoint-writer.ts";
import { CommitBatch, type PendingCommit } from "./commit-batch.ts";
import type { Unlock } from "./disk.ts";
import type { FileContext } from "./file-context.ts";
import type { OwnSave } from "./index/own-saves.ts";
import { PreviewTracker } from "./index/preview-tracker.ts";
import { encodeCheckpointMark } from "./journal-record.ts";
import { OperationLog } from "./operation-log.ts";
import { placeCheckpoint, prepareCheckpoint, type WrittenCheckpoint } from "./publish-checkpoint.ts";
import { publishJournal } from "./publish-journal.ts";
import { appendTombstone, finishRemoval, isLeftOver, restoreFrom, trashFolders } from "./removal.ts";
import { repairSession } from "./repair.ts";
import { replaceJournal } from "./replace-journal.ts";
import { settleIntrusion } from "./settle-intrusion.ts";
import { openSession, type OpenSession } from "./session-opener.ts";
import { storageError } from "./storage-error.ts";
import { syncJournal } from "./sync-journal.ts";
import { isCurrent, stateOf, type WriterState } from "./writer-state.ts";

/** Up to this many bytes are written without leaving the tick; more would hold up the event loop. */
const SMALL = 256 << 10;
/** How many commits share a sync at most. */
const LARGEST_BATCH = 1000;
/** After a checkpoint failed, so many bytes more are written to the journal before the next try. */
const RETRY_AFTER = 1 << 20;

/**
 * All writing of one session in this process. Commits queue here; those that wait while the disk is busy go to it
 * together. Every change happens under the session's lock, on files that are checked to be those last seen.
 */
export class SessionWriter {
  readonly #context: FileContext;
  readonly #id: SessionId;
  readonly #patience: number;
  readonly #lockPath: string;
  readonly #journalPath: string;
  readonly #checkpointPath: string;
  readonly #pending: PendingCommit[] = [];
  readonly #tasks: (() => Promise<void>)[] = [];
  readonly #operations = new OperationLog();
  #state: WriterState | undefined;
  #running: Promise<void> | undefined;
  #checkpointing: Promise<void> | undefined;
  #noCheckpointBefore = 0;
  /** The event loop's turn, which the next commit waits for. */
  #turn: Promise<void> | undefined;
  /** What the index was told last. */
  #saved: OwnSave | undefined;

  constructor(context: FileContext, id: SessionId, patience: number) {
    this.#context = context;
    this.#id = id;
    this.#patience = patience;
    const { paths } = context;
    this.#lockPath = paths.lock(id);
    this.#journalPath = paths.journal(id);
    this.#checkpointPath = paths.checkpoint(id);
  }

  get isIdle(): boolean {
    return this.#running === undefined && this.#checkpointing === undefined;
  }

  commit(commit: Commit, durability: Durability): Promise<Committed> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ commit, durability, resolve, reject });
      this.#wake();
    });
  }

  /** Removes the session; false when there was none. */
  remove(options: RemoveOptions): Promise<boolean> {
    return this.#exclusively("remove the session", async () => {
      const removed = options.trash === true ? "trash" : "gone";
      try {
        const open = await this.#openToRemove();
        if (open === "absent") return false;
        if (open !== "unreadable") {
          await appendTombstone(this.#context, this.#id, open.file, open.tail.scan, removed);
        }
      } finally {
        this.#forget();
      }
      await finishRemoval(this.#context, this.#id, removed);
      return true;
    });
  }

  /** Brings the session back from the trash; false when it is not there. */
  restore(): Promise<boolean> {
    return this.#exclusively("restore the session", async () => {
      const state = await this.#open();
      const folders = trashFolders(this.#context, this.#id);
      const latest = folders.find(({ path }) => !isLeftOver(this.#context, this.#id, path));
      if (latest === undefined) return false;
      if (state !== undefined) throw new ConflictError(this.#id, 0, state.position.revision);
      await restoreFrom(this.#context, this.#id, latest.path);
      this.#forget();
      return true;
    });
  }

  /** Brings a damaged session back as far as its bytes go. */
  repair(): Promise<Repair> {
    return this.#exclusively("repair the session", async () => {
      this.#forget();
      return await repairSession(this.#context, this.#id);
    });
  }

  /** Writes a checkpoint of the current revision. */
  async checkpoint(): Promise<void> {
    // Whether one that is under way already fails is not this call's business.
    await this.#checkpointing?.catch(() => undefined);
    const isCovered = await this.#exclusively("write a checkpoint", async () => {
      const state = await this.#open();
      return state === undefined || state.checkpoint?.revision === state.position.revision;
    });
    if (isCovered) return;
    try {
      await this.#startCheckpoint();
    } catch (error) {
      // Only the file beside can have failed as it is; what happens under the lock has told its outcome.
      throw storageError(error, `write a checkpoint of session ${this.#id}`, "not-stored");
    }
  }

  /** Waits for what is under way, writes a checkpoint where that is worth it, and closes the files. */
  async close(): Promise<void> {
    while (this.#running !== undefined || this.#checkpointing !== undefined) {
      await this.#running;
      await this.#checkpointing?.catch(() => undefined);
    }
    if (this.#state !== undefined && isWorthwhile(this.#state)) {
      await this.#startCheckpoint().catch((error: unknown) => this.#reportCheckpoint(error));
    }
    this.#forget();
  }

  /** Runs `work` alone among everything that writes the session, in this process and in others. */
  #exclusively<T>(doing: string, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#tasks.push(async () => {
        let unlock: Unlock | undefined;
        try {
          unlock = await this.#lock();
          resolve(await work());
        } catch (error) {
          reject(storageError(error, `${doing} ${this.#id}`, "unknown"));
        } finally {
          unlock?.();
        }
      });
      this.#wake();
    });
  }

  #wake(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      // Something may have come in between the last look and here.
      if (this.#pending.length > 0 || this.#tasks.length > 0) this.#wake();
    });
  }

  async #run(): Promise<void> {
    while (this.#pending.length > 0 || this.#tasks.length > 0) {
      if (this.#pending.length > 0) await this.#commitPending();
      await this.#tasks.shift()?.();
    }
  }

  async #commitPending(): Promise<void> {
    const pending = this.#pending.splice(0, LARGEST_BATCH);
    let unlock: Unlock;
    try {
      const locked = this.#lock();
      unlock = typeof locked === "function" ? locked : await locked;
    } catch (error) {
      this.#refuse(pending, error, "not-stored");
      return;
    }
    try {
      await this.#commitUnderLock(pending);
    } finally {
      unlock();
    }
    if (this.#turn !== undefined) await this.#turn;
    this.#turn = undefined;
    const state = this.#state;
    if (state === undefined || this.#checkpointing !== undefined) return;
    if (state.end >= this.#noCheckpointBefore && isDue(state)) {
      void this.#startCheckpoint().catch((error: unknown) => this.#reportCheckpoint(error));
    }
  }

  async #commitUnderLock(pending: readonly PendingCommit[]): Promise<void> {
    let state: WriterState | undefined;
    try {
      state = this.#current() ?? (await this.#open());
      if (state !== undefined && pending.some(({ commit }) => isAhead(commit, state as WriterState))) {
        state = await this.#open("thorough");
      }
      if (state !== undefined && pending.some(({ commit }) => commit.operationId !== undefined)) {
        await this.#operations.catchUp(state);
      }
    } catch (error) {
      this.#forget();
      this.#refuse(pending, error, "not-stored");
      return;
    }
    const commits = new CommitBatch(this.#id, state);
    for (const one of pending) {
      const { operationId } = one.commit;
      commits.add(
        one,
        state === undefined || operationId === undefined ? undefined : this.#operations.get(operationId),
      );
    }
    if (commits.isEmpty) await this.#settleRepeated(commits, state);
    else if (state === undefined) await this.#create(commits);
    else await this.#append(commits, state);
  }

  async #create(batch: CommitBatch): Promise<void> {
    const { disk } = this.#context;
    let published: boolean;
    try {
      published = await publishJournal(this.#context, this.#id, batch.lines, "create");
      if (published) await this.#open();
    } catch (error) {
      const outcome = disk.stat(this.#journalPath) === undefined ? "not-stored" : "unknown";
      this.#context.directory.forget();
      this.#forget();
      this.#refuse(batch.all, error, outcome);
      return;
    }
    if (!published) {
      // In spite of the lock someone else was first: what is theirs decides.
      this.#pending.unshift(...batch.all);
      return;
    }
    this.#acknowledge(batch, undefined);
  }

  async #append(batch: CommitBatch, state: WriterState): Promise<void> {
    const { file } = state;
    const bytes = batch.lines.length === 1 ? (batch.lines[0] as Buffer) : Buffer.concat(batch.lines);
    try {
      if (bytes.length <= SMALL) appendFullyNow(file, bytes, "journal.append");
      else await appendFully(file, bytes, "journal.append");
    } catch (error) {
      this.#refuse(batch.all, error, this.#rollBack(state, bytes) ? "not-stored" : "unknown");
      return;
    }
    const isDurable = batch.all.some(({ durability }) => durability === "disk");
    if (isDurable) {
      try {
        await file.sync("journal.sync");
      } catch (error) {
        await this.#afterFailedSync(batch, state, bytes, error);
        return;
      }
    }
    const modified = this.#timeOfOwn(state, bytes.length);
    if (modified === undefined) {
      await this.#afterIntrusion(batch, state);
      return;
    }
    const before = state.position;
    state.end = batch.end;
    state.modified = modified;
    if (isDurable) state.synced = batch.end;
    state.position = batch.position;
    state.head = batch.head;
    state.messageCount = batch.messageCount;
    state.listing = batch.listing;
    this.#acknowledge(batch, before);
    if (!isDurable) this.#turn = this.#context.unsyncedTurns.after(bytes.length);
  }

  /** When the file was changed; `undefined` when it is not the session's journal any more, or holds more than we wrote. */
  #timeOfOwn({ inode, origin, end }: WriterState, length: number): number | undefined {
    try {
      const found = this.#context.disk.stat(this.#journalPath);
      return found?.inode === inode && found.size === end - origin + length ? found.modified : undefined;
    } catch {
      return undefined;
    }
  }

  #acknowledge(batch: CommitBatch, before: WriterState["position"] | undefined): void {
    if (this.#state !== undefined) this.#operations.add(batch.operations, before, this.#state);
    for (const { pending, committed } of [...batch.accepted, ...batch.repeated]) pending.resolve(committed);
    this.#noteSave(batch, before === undefined);
  }

  /** The index learns of it when the callers have their answer. */
  #noteSave(batch: CommitBatch, isNew: boolean): void {
    const state = this.#state;
    const last = batch.accepted.at(-1)?.committed;
    if (state === undefined || last === undefined) return;
    if (isNew) state.preview = new PreviewTracker(true);
    for (const { applied } of batch.accepted) state.preview.note(applied);
    this.#saved = { state: { ...state }, updatedAt: last.at };
    this.#context.saved(this.#id, this.#saved);
  }

  /** A repeated commit is acknowledged only when the first one is as durable as asked for. */
  async #settleRepeated(batch: CommitBatch, state: WriterState | undefined): Promise<void> {
    try {
      const mustSync = batch.all.some(({ durability }) => durability === "disk");
      if (state !== undefined && mustSync && state.synced < state.end) {
        if (await syncJournal(this.#context, this.#id, state.file, "journal.sync")) state.synced = state.end;
        else this.#forget();
      }
    } catch (error) {
      this.#forget();
      this.#refuse(batch.all, error, "unknown");
      return;
    }
    for (const { pending, committed } of batch.repeated) pending.resolve(committed);
  }

  /** Takes back a write that failed half-way, so that a full disk gets its space back; true when nothing of it is left. */
  #rollBack(state: WriterState, bytes: Buffer): boolean {
    const { file } = state;
    const start = state.end - state.origin;
    try {
      const { size } = file.stat();
      // What is not ours is not cut off: someone may have written in spite of the lock.
      const found = Buffer.alloc(Math.min(Math.max(size - start, 0), bytes.length + 1));
      const isOurs =
        file.readNow(found, start) === found.length && bytes.subarray(0, found.length).equals(found);
      if (isOurs && found.length > 0) file.truncate(start, "journal.roll-back");
      return file.stat().size === start;
    } catch {
      // What is left is an incomplete line, or unacknowledged ones: the next to open the session deals with them.
      return false;
    } finally {
      this.#forget();
    }
  }

  /**
   * A sync that failed once may succeed falsely the next time: the file is replaced by a copy of what was
   * acknowledged before. When that fails as well, whoever opens the session next in this process tries it again; for
   * other processes, what was not acknowledged is cut off at least.
   */
  async #afterFailedSync(
    batch: CommitBatch,
    state: WriterState,
    bytes: Buffer,
    error: unknown,
  ): Promise<void> {
    let kept: boolean;
    try {
      kept = await replaceJournal(this.#context, this.#id, state, { from: batch.start, to: batch.end });
    } catch {
      this.#context.distrusted.set(this.#id, state.inode);
      this.#rollBack(state, bytes);
      this.#refuse(batch.all, error, "unknown");
      return;
    }
    if (kept) {
      await this.#afterIntrusion(batch, state);
      return;
    }
    this.#forget();
    this.#refuse(batch.all, error, "not-stored");
  }

  /** Someone wrote in spite of the lock: the order of the records in the file decides who was first. */
  async #afterIntrusion(batch: CommitBatch, state: WriterState): Promise<void> {
    const ours = batch.accepted.map(({ committed }) => committed.tag);
    let won: ReadonlySet<string>;
    try {
      won = await settleIntrusion(this.#context, this.#id, state, ours);
    } catch (error) {
      this.#forget();
      this.#refuse(batch.all, error, "unknown");
      return;
    }
    this.#forget();
    const lost: PendingCommit[] = [];
    for (const { pending, committed } of batch.accepted) {
      if (won.has(committed.tag)) pending.resolve(committed);
      else lost.push(pending);
    }
    for (const { pending, committed } of batch.repeated) pending.resolve(committed);
    this.#pending.unshift(...lost);
  }

  #refuse(pending: readonly PendingCommit[], error: unknown, outcome: "not-stored" | "unknown"): void {
    const reason = storageError(error, `save session ${this.#id}`, outcome);
    for (const { reject } of pending) reject(reason);
  }

  /** The state, when the files are still those that it was made from. */
  #current(): WriterState | undefined {
    const state = this.#state;
    if (state === undefined) return undefined;
    return isCurrent(state, this.#context.disk, this.#journalPath, this.#checkpointPath) ? state : undefined;
  }

  async #open(how: "quick" | "thorough" = "quick"): Promise<WriterState | undefined> {
    const current = how === "thorough" ? undefined : this.#current();
    if (current !== undefined) return current;
    this.#forget();
    const open = await openSession(this.#context, this.#id, how === "thorough");
    this.#state = open === undefined ? undefined : stateOf(open);
    return this.#state;
  }

  /** Opened anew, because a tombstone needs more of the journal's end than a commit does. */
  async #openToRemove(): Promise<OpenSession | "absent" | "unreadable"> {
    try {
      if ((await this.#open()) === undefined) return "absent";
      this.#forget();
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

  #forget(): void {
    this.#state?.file.close();
    this.#state = undefined;
  }

  #startCheckpoint(): Promise<void> {
    this.#checkpointing ??= this.#writeCheckpoint().finally(() => (this.#checkpointing = undefined));
    return this.#checkpointing;
  }

  /** The bulk is written beside further commits; only giving it its name takes the lock. */
  async #writeCheckpoint(): Promise<void> {
    const { disk, paths } = this.#context;
    const target = await this.#exclusively("write a checkpoint", async () => {
      let state = await this.#open();
      if (state !== undefined && state.synced < state.end) {
        // A checkpoint must not be ahead of what a power cut leaves of the journal.
        if (await syncJournal(this.#context, this.#id, state.file, "journal.sync")) state.synced = state.end;
        else this.#forget();
        state = await this.#open();
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
      await this.#placeCheckpoint(written, target.inode);
    } finally {
      state?.close();
      if (written !== undefined) await disk.remove(written.path, "temporary.remove").catch(() => undefined);
    }
  }

  async #placeCheckpoint(written: WrittenCheckpoint, inode: number): Promise<void> {
    await this.#exclusively("write a checkpoint", async () => {
      const now = await this.#open();
      // Removed meanwhile (and perhaps made anew), or someone else wrote a later one.
      if (now?.inode !== inode || (now.checkpoint?.revision ?? 0) >= written.revision) return;
      now.checkpoint = await placeCheckpoint(this.#context, this.#id, written, now.file);
      const { size, modified } = now.file.stat();
      now.end += encodeCheckpointMark(written.revision).length;
      now.modified = modified;
      if (now.origin + size !== now.end) {
        // Someone wrote in spite of the lock.
        this.#forget();
        return;
      }
      if (this.#saved?.state.position.checksum !== now.position.checksum) return;
      this.#saved = { ...this.#saved, state: { ...now } };
      this.#context.saved(this.#id, this.#saved);
    });
  }

  #reportCheckpoint(error: unknown): void {
    this.#noCheckpointBefore = (this.#state?.end ?? 0) + RETRY_AFTER;
    this.#context.report({
      kind: "checkpoint-failed",
      sessionId: this.#id,
      message: `The checkpoint could not be written (${(error as Error).message}); the session is safe in its journal.`,
      error: error as Error,
    });
  }

  /** The store's directories are made before the first write, and again when they have vanished. */
  #lock(): Unlock | Promise<Unlock> {
    const { disk, paths, directory } = this.#context;
    if (!directory.isReady) return directory.ensure().then(() => this.#lock());
    const begun = performance.now();
    let locked: ReturnType<typeof disk.lock>;
    try {
      locked = disk.lock(this.#lockPath, this.#patience);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || disk.stat(paths.locks) !== undefined)
        throw error;
      directory.forget();
      return directory.ensure().then(() => this.#lock());
    }
    if (typeof locked === "function") return locked;
    return locked.then((unlock) => {
      if (unlock === undefined) throw new LockedError(this.#id, performance.now() - begun);
      return unlock;
    });
  }
}

/** Whoever is one revision ahead has seen a change by someone else that is not committed yet. */
function isAhead(
  { base }: Commit,
  { position }: { readonly position: { readonly revision: number } },
): boolean {
  return base === position.revision + 1;
}
