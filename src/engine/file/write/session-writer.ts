import type { Commit, Committed } from "../../../session/commit.ts";
import { ConflictError } from "../../../session/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { Durability, RemoveOptions, Repair } from "../../contract.ts";
import { appendBatch } from "./append-batch.ts";
import { CommitBatch, type PendingCommit } from "./commit-batch.ts";
import type { Unlock } from "../disk/disk.ts";
import type { FileContext } from "../disk/file-context.ts";
import { HeldSession } from "./held-session.ts";
import { OperationLog } from "./operation-log.ts";
import { publishJournal } from "../journal/publish-journal.ts";
import { appendTombstone, finishRemoval, isLeftOver, restoreFrom, trashFolders } from "./removal.ts";
import { repairSession } from "../repair/repair.ts";
import { SessionCheckpoints } from "./session-checkpoints.ts";
import { SessionLock } from "../disk/session-lock.ts";
import { storageError } from "../disk/storage-error.ts";
import { syncJournal } from "../journal/sync-journal.ts";
import type { WriterState } from "./writer-state.ts";

/** How many commits share a sync at most. */
const LARGEST_BATCH = 1000;

/**
 * All writing of one session in this process. Commits queue here; those that wait while the disk is busy go to it
 * together. Every change happens under the session's lock, on files that are checked to be those last seen.
 */
export class SessionWriter {
  readonly #context: FileContext;
  readonly #id: SessionId;
  readonly #lock: SessionLock;
  readonly #session: HeldSession;
  readonly #checkpoints: SessionCheckpoints;
  readonly #pending: PendingCommit[] = [];
  readonly #tasks: (() => Promise<void>)[] = [];
  readonly #operations = new OperationLog();
  #running: Promise<void> | undefined;
  /** The event loop's turn, which the next commit waits for. */
  #turn: Promise<void> | undefined;

  constructor(context: FileContext, id: SessionId, patience: number) {
    this.#context = context;
    this.#id = id;
    this.#lock = new SessionLock(context, id, patience);
    this.#session = new HeldSession(context, id);
    this.#checkpoints = new SessionCheckpoints(context, id, this.#session, (doing, work) =>
      this.#exclusively(doing, work),
    );
  }

  get isIdle(): boolean {
    return this.#running === undefined && !this.#checkpoints.isRunning;
  }

  commit(commit: Commit, durability: Durability): Promise<Committed> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ commit, durability, resolve, reject });
      this.#wake();
    });
  }

  /** Removes the session; false when there was none. */
  remove(options: RemoveOptions): Promise<boolean> {
    return this.#exclusively("remove session", async () => {
      const removed = options.trash === true ? "trash" : "gone";
      try {
        const open = await this.#session.openToRemove();
        if (open === "absent") return false;
        if (open !== "unreadable") {
          await appendTombstone(this.#context, this.#id, open.file, open.tail.scan, removed);
        }
      } finally {
        this.#session.forget();
      }
      await finishRemoval(this.#context, this.#id, removed);
      return true;
    });
  }

  /** Brings the session back from the trash; false when it is not there. */
  restore(): Promise<boolean> {
    return this.#exclusively("restore session", async () => {
      const state = await this.#session.open();
      const folders = trashFolders(this.#context, this.#id);
      const latest = folders.find(({ path }) => !isLeftOver(this.#context, this.#id, path));
      if (latest === undefined) return false;
      if (state !== undefined) throw new ConflictError(this.#id, 0, state.position.revision);
      await restoreFrom(this.#context, this.#id, latest.path);
      this.#session.forget();
      return true;
    });
  }

  /** Brings a damaged session back as far as its bytes go. */
  repair(): Promise<Repair> {
    return this.#exclusively("repair session", async () => {
      this.#session.forget();
      return await repairSession(this.#context, this.#id);
    });
  }

  /** Writes a checkpoint of the current revision. */
  async checkpoint(): Promise<void> {
    // Whether one that is under way already fails is not this call's business.
    await this.#checkpoints.settled();
    if (await this.#checkpoints.isCovered()) return;
    try {
      await this.#checkpoints.start();
    } catch (error) {
      // Only the file beside can have failed as it is; what happens under the lock has told its outcome.
      throw storageError(error, `write a checkpoint of session ${this.#id}`, "not-stored");
    }
  }

  /** Waits for what is under way, writes a checkpoint where that is worth it, and closes the files. */
  async close(): Promise<void> {
    while (!this.isIdle) {
      await this.#running;
      await this.#checkpoints.settled();
    }
    await this.#checkpoints.finish();
    this.#session.forget();
  }

  /** Runs `work` alone among everything that writes the session, in this process and in others. */
  #exclusively<T>(doing: string, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#tasks.push(async () => {
        let unlock: Unlock | undefined;
        try {
          unlock = await this.#lock.take();
          resolve(await work());
        } catch (error) {
          const outcome = unlock === undefined ? "not-stored" : "unknown";
          reject(storageError(error, `${doing} ${this.#id}`, outcome));
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
      const locked = this.#lock.take();
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
    this.#checkpoints.startIfDue();
  }

  async #commitUnderLock(pending: readonly PendingCommit[]): Promise<void> {
    let state: WriterState | undefined;
    try {
      state = this.#session.current() ?? (await this.#session.open());
      if (state !== undefined && pending.some(({ commit }) => isAhead(commit, state as WriterState))) {
        state = await this.#session.open("thorough");
      }
      if (state !== undefined && pending.some(({ commit }) => commit.operationId !== undefined)) {
        await this.#operations.catchUp(state);
      }
    } catch (error) {
      this.#session.forget();
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
    const { disk, paths, directory } = this.#context;
    let published: boolean;
    try {
      published = await publishJournal(this.#context, this.#id, batch.lines, "create");
      if (published) await this.#session.open();
    } catch (error) {
      const outcome = disk.stat(paths.journal(this.#id)) === undefined ? "not-stored" : "unknown";
      directory.forget();
      this.#session.forget();
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
    const before = state.position;
    const appended = await appendBatch(this.#context, this.#id, state, batch);
    if (appended.kind === "stored") {
      this.#acknowledge(batch, before);
      if (!appended.isDurable) this.#turn = this.#context.unsyncedTurns.after(appended.bytes);
      return;
    }
    this.#session.forget();
    if (appended.kind === "failed") {
      this.#refuse(batch.all, appended.error, appended.outcome);
      return;
    }
    const lost: PendingCommit[] = [];
    for (const { pending, committed } of batch.accepted) {
      if (appended.won.has(committed.tag)) pending.resolve(committed);
      else lost.push(pending);
    }
    for (const { pending, committed } of batch.repeated) pending.resolve(committed);
    this.#pending.unshift(...lost);
  }

  #acknowledge(batch: CommitBatch, before: WriterState["position"] | undefined): void {
    const { state } = this.#session;
    if (state !== undefined) this.#operations.add(batch.operations, before, state);
    for (const { pending, committed } of [...batch.accepted, ...batch.repeated]) pending.resolve(committed);
    // The index learns of it when the callers have their answer.
    this.#session.noteSave(batch, before === undefined);
  }

  /** A repeated commit is acknowledged only when the first one is as durable as asked for. */
  async #settleRepeated(batch: CommitBatch, state: WriterState | undefined): Promise<void> {
    try {
      const mustSync = batch.all.some(({ durability }) => durability === "disk");
      if (state !== undefined && mustSync && state.synced < state.end) {
        if (await syncJournal(this.#context, this.#id, state.file, "journal.sync")) state.synced = state.end;
        else this.#session.forget();
      }
    } catch (error) {
      this.#session.forget();
      this.#refuse(batch.all, error, "unknown");
      return;
    }
    for (const { pending, committed } of batch.repeated) pending.resolve(committed);
  }

  #refuse(pending: readonly PendingCommit[], error: unknown, outcome: "not-stored" | "unknown"): void {
    const reason = storageError(error, `save session ${this.#id}`, outcome);
    for (const { reject } of pending) reject(reason);
  }
}

/** Whoever is one revision ahead has seen a change by someone else that is not committed yet. */
function isAhead(
  { base }: Commit,
  { position }: { readonly position: { readonly revision: number } },
): boolean {
  return base === position.revision + 1;
}
