import type { Commit, Committed } from "../../../session/commit.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { Durability } from "../../contract.ts";
import type { Unlock } from "../disk/disk.ts";
import type { FileContext } from "../disk/file-context.ts";
import { SessionLock } from "../disk/session-lock.ts";
import { storageError } from "../disk/storage-error.ts";
import { Journal } from "../journal/journal.ts";
import { encodeSettled } from "../journal/record/encode-record.ts";
import { publishJournal } from "../journal/publish-journal.ts";
import { syncJournal } from "../journal/replace-journal.ts";
import { readLease, type LeaseRecord } from "../lease/lease-record.ts";
import type { ReadHow } from "../read/reading.ts";
import { appendBatch } from "./append-batch.ts";
import { CommitBatch, type PendingCommit } from "./commit-batch.ts";
import { isTooMany, type OpenFiles } from "./open-files.ts";
import type { OpenSession } from "./open-session.ts";
import { OperationLog } from "./operation-log.ts";
import { PreviewTracker } from "./preview-tracker.ts";
import { DamagedHistory, openSession } from "./put-in-order.ts";
import { SessionCheckpoints } from "./session-checkpoints.ts";
import type { WriterContext } from "./writer-context.ts";

/** How many commits share a sync at most. */
const LARGEST_BATCH = 1000;

/** The session, for whoever has its turn: alone among everything that writes it, in this process and in others. */
export interface Turn {
  /**
   * The session as it is now, put in order where that is needed; `undefined` when there is no journal.
   * @param context who is told what was put in order; default: the store's listeners.
   */
  open(how?: ReadHow, context?: FileContext): Promise<OpenSession | undefined>;
  /** Lets go of what is open: the next one to need the session opens it again. */
  forget(): void;
}

interface Task {
  readonly run: () => Promise<void>;
}

/**
 * All writing of one session in this process: one queue, worked off one after the other under the session's lock.
 * Commits that wait while the disk is busy go to it together.
 */
export class SessionWriter implements Turn {
  readonly #context: WriterContext;
  readonly #id: SessionId;
  readonly #lock: SessionLock;
  readonly #files: OpenFiles;
  readonly #checkpoints: SessionCheckpoints;
  readonly #operations = new OperationLog();
  readonly #queue: (PendingCommit | Task)[] = [];
  #session: OpenSession | undefined;
  #running: Promise<void> | undefined;
  /** Commits were appended since the journal last said that all before is synced. */
  #hasAppended = false;
  /** The event loop's turn, which the next commit waits for. */
  #eventLoop: Promise<void> | undefined;

  constructor(context: WriterContext, id: SessionId, patience: number, files: OpenFiles) {
    this.#context = context;
    this.#id = id;
    this.#files = files;
    this.#lock = new SessionLock(context, id, patience);
    this.#checkpoints = new SessionCheckpoints(context, id, this);
  }

  get isIdle(): boolean {
    return this.#running === undefined && !this.#checkpoints.isRunning;
  }

  /** The session as it was last seen. */
  get session(): OpenSession | undefined {
    return this.#session;
  }

  commit(commit: Commit, durability: Durability): Promise<Committed> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ commit, durability, resolve, reject });
      this.#wake();
    });
  }

  /**
   * Runs `work` alone among everything that writes the session.
   * @param doing for an error: `cannot <doing> <id>`.
   */
  exclusively<T>(doing: string, work: (turn: Turn) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = async (): Promise<void> => {
        let unlock: Unlock | undefined;
        try {
          unlock = await this.#files.patiently(() => this.#lock.take());
          resolve(await work(this));
        } catch (error) {
          reject(
            storageError(error, `${doing} ${this.#id}`, unlock === undefined ? "not-stored" : "unknown"),
          );
        } finally {
          if (unlock !== undefined) this.#unlock(unlock);
        }
      };
      this.#queue.push({ run });
      this.#wake();
    });
  }

  /** Writes a checkpoint of the current revision. */
  checkpoint(): Promise<void> {
    return this.#checkpoints.make();
  }

  async open(how: ReadHow = "quick", context: FileContext = this.#context): Promise<OpenSession | undefined> {
    const current = how === "thorough" ? undefined : this.#current();
    if (current !== undefined) return current;
    this.forget();
    const opening = (): Promise<OpenSession | undefined> =>
      this.#files.patiently(() => openSession(context, this.#id, how));
    try {
      this.#session = await opening();
    } catch (error) {
      if (!(error instanceof DamagedHistory)) throw error;
      await this.#context.rebuild(this.#id, error.message);
      this.#session = await opening();
    }
    return this.#session;
  }

  #current(): OpenSession | undefined {
    const session = this.#session;
    const { disk, paths } = this.#context;
    return session?.isCurrent(disk, paths, this.#id) === true ? session : undefined;
  }

  forget(): void {
    this.#session?.close();
    this.#session = undefined;
  }

  /** Waits for what is under way, writes a checkpoint where that is worth it, and closes the files. */
  async close(): Promise<void> {
    try {
      while (!this.isIdle) {
        await this.#running;
        await this.#checkpoints.settled();
      }
      await this.#checkpoints.finish();
      if (this.#hasAppended) await this.exclusively("close session", () => this.#markClosed());
    } finally {
      this.forget();
    }
  }

  #wake(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      // Something may have come in between the last look and here.
      if (this.#queue.length > 0) this.#wake();
    });
  }

  async #run(): Promise<void> {
    const entered = this.#files.enter();
    if (entered !== undefined) await entered;
    try {
      for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
        if ("run" in next) {
          this.#queue.shift();
          await next.run();
        } else {
          await this.#commitNext();
        }
      }
    } finally {
      this.#files.leave();
    }
  }

  /** The commits at the head of the queue go to the disk together. */
  async #commitNext(): Promise<void> {
    const end = this.#queue.slice(0, LARGEST_BATCH).findIndex((one) => "run" in one);
    const pending = this.#queue.splice(0, end < 0 ? LARGEST_BATCH : end) as PendingCommit[];
    let unlock: Unlock;
    try {
      const taken = this.#take();
      // The common case waits for nothing.
      unlock = typeof taken === "function" ? taken : await taken;
    } catch (error) {
      this.#refuse(pending, error, "not-stored");
      return;
    }
    try {
      await this.#commit(pending);
    } catch (error) {
      // Whatever it is, nobody waits for an answer for ever.
      this.forget();
      this.#refuse(pending, error, "unknown");
    } finally {
      this.#unlock(unlock);
    }
    if (this.#eventLoop !== undefined) await this.#eventLoop;
    this.#eventLoop = undefined;
    this.#checkpoints.startIfDue();
  }

  #take(): Unlock | Promise<Unlock> {
    try {
      return this.#lock.take();
    } catch (error) {
      if (!isTooMany(error)) throw error;
      return this.#files.patiently(() => this.#lock.take());
    }
  }

  #unlock(unlock: Unlock): void {
    try {
      unlock();
    } catch (error) {
      this.#context.report({
        kind: "lock-failed",
        sessionId: this.#id,
        message: `The session's lock could not be given back in order (${(error as Error).message}).`,
        error: error as Error,
      });
    }
  }

  async #commit(pending: readonly PendingCommit[]): Promise<void> {
    let session: OpenSession | undefined;
    let lease: LeaseRecord | undefined;
    try {
      if (pending.some(({ commit }) => commit.lease !== undefined))
        lease = await readLease(this.#context, this.#id);
      session = this.#current() ?? (await this.open());
      const isAhead = ({ commit }: PendingCommit): boolean =>
        commit.base === (session?.position.revision ?? 0) + 1;
      // Whoever is one revision ahead has seen a change by someone else that is not committed yet.
      if (session !== undefined && pending.some(isAhead)) session = await this.open("thorough");
      const isKnown = session !== undefined && !session.isRemoved;
      if (isKnown && pending.some(({ commit }) => commit.operationId !== undefined))
        await this.#operations.catchUp(session as OpenSession);
    } catch (error) {
      this.forget();
      this.#refuse(pending, error, "not-stored");
      return;
    }
    const batch = new CommitBatch(this.#id, session?.base, lease);
    for (const one of pending) {
      const { operationId } = one.commit;
      const isKnown = session !== undefined && !session.isRemoved && operationId !== undefined;
      batch.add(one, isKnown ? this.#operations.get(operationId) : undefined);
    }
    if (batch.isEmpty) await this.#settleRepeated(batch, session);
    else if (session === undefined) await this.#create(batch);
    else await this.#append(batch, session);
  }

  async #create(batch: CommitBatch, isAgain = false): Promise<void> {
    const { directory } = this.#context;
    let isPublished: boolean;
    try {
      isPublished = await this.#files.patiently(() =>
        publishJournal(this.#context, this.#id, batch.lines, "create"),
      );
      if (isPublished) await this.open();
    } catch (error) {
      const outcome = this.#mayBeThere(batch) ? "unknown" : "not-stored";
      directory.forget();
      this.forget();
      // The directories were removed meanwhile, or someone tidied up in them: they are made again.
      const isGone = (error as NodeJS.ErrnoException).code === "ENOENT";
      if (outcome === "not-stored" && isGone && !isAgain && (await isMade(directory.ensure()))) {
        await this.#create(batch, true);
        return;
      }
      this.#refuse(batch.all, error, outcome);
      return;
    }
    // In spite of the lock someone else may have been first: what is theirs decides.
    if (isPublished) this.#acknowledge(batch, undefined);
    else this.#queue.unshift(...batch.all);
  }

  /** Whether the journal that was to be made has its name, or may have it. */
  #mayBeThere({ lines: [header] }: CommitBatch): boolean {
    try {
      const found = Journal.open(this.#context.disk, this.#context.paths, this.#id, "read");
      if (found.kind !== "ok" || header === undefined) return found.kind !== "absent";
      const { journal } = found;
      const first = journal.bytesAt(journal.header.origin, header.length);
      journal.close();
      return first.equals(header);
    } catch {
      return true;
    }
  }

  async #append(batch: CommitBatch, session: OpenSession): Promise<void> {
    const before = session.isRemoved ? undefined : session.position.checksum;
    const appended = await appendBatch(this.#context, this.#id, session, batch);
    if (appended.kind === "stored") {
      session.moveOn(batch, appended);
      this.#hasAppended = true;
      this.#acknowledge(batch, before);
      if (!appended.isDurable) this.#eventLoop = this.#context.turns.afterCommit(appended.bytes);
      return;
    }
    this.forget();
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
    this.#queue.unshift(...lost);
  }

  /** @param before checksum of the commit that the batch goes on from; `undefined`: it begins a life. */
  #acknowledge(batch: CommitBatch, before: string | undefined): void {
    const session = this.#session;
    if (session !== undefined) {
      this.#operations.add(batch.operations, before, session);
      if (before === undefined) session.preview = new PreviewTracker(true);
      for (const { applied } of batch.accepted) session.preview.note(applied);
    }
    for (const { pending, committed } of [...batch.accepted, ...batch.repeated]) pending.resolve(committed);
    // The index learns of it when the callers have their answer.
    this.noteSaved();
  }

  /** Tells the index what the session is. */
  noteSaved(): void {
    if (this.#session !== undefined) this.#context.saved(this.#id, this.#session.asSaved());
  }

  /** A repeated commit is acknowledged only when the first one is as durable as asked for. */
  async #settleRepeated(batch: CommitBatch, session: OpenSession | undefined): Promise<void> {
    try {
      const mustSync = batch.all.some(({ durability }) => durability === "disk");
      if (session !== undefined && mustSync) await this.sync(session);
    } catch (error) {
      this.forget();
      this.#refuse(batch.all, error, "unknown");
      return;
    }
    for (const { pending, committed } of batch.repeated) pending.resolve(committed);
  }

  /** Makes everything durable that is in the journal; a journal whose sync fails is let go of. */
  async sync(session: OpenSession): Promise<void> {
    if (session.synced >= session.end) return;
    if (await syncJournal(this.#context, this.#id, session.journal, "journal.sync"))
      session.synced = session.end;
    else this.forget();
  }

  /** Notes in the journal that all before is synced, so that damage of its end can be told from a crash. */
  async #markClosed(): Promise<void> {
    const session = this.#current();
    if (session === undefined || session.isRemoved || session.synced < session.end) return;
    await session.journal.append(
      encodeSettled({ ...session.position, offset: session.end }),
      "journal.close",
    );
    this.#hasAppended = false;
    this.forget();
    this.#context.saved(this.#id, undefined);
  }

  /** The journal says by now that everything in it is synced. */
  noteSynced(): void {
    this.#hasAppended = false;
  }

  #refuse(pending: readonly PendingCommit[], error: unknown, outcome: "not-stored" | "unknown"): void {
    const reason = storageError(error, `save session ${this.#id}`, outcome);
    for (const { reject } of pending) reject(reason);
  }
}

async function isMade(making: Promise<void>): Promise<boolean> {
  return await making.then(
    () => true,
    () => false,
  );
}
