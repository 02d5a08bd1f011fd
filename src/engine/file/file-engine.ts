import { resolve } from "node:path";
import type { Commit, Committed } from "../../session/commit.ts";
import { SessionNotFoundError, StorageError, StoreClosedError } from "../../session/errors/errors.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { SessionSummary } from "../../session/summary/summary.ts";
import type {
  Durability,
  EngineListener,
  EngineReport,
  ListPage,
  ListQuery,
  MessageRange,
  Packing,
  PositionedMessage,
  Removal,
  RemovalNote,
  RemoveOptions,
  Repair,
  SearchHit,
  SearchQuery,
  SideItem,
  SideRange,
  Snapshot,
  StorageEngine,
  StoredCommit,
  StoredHead,
  StoredSession,
  TrashedSession,
  Verification,
  WorkspacePlace,
} from "../contract.ts";
import { EngineEvents } from "../engine-events.ts";
import type { RewriteOptions, Rewritten, SessionEdit } from "../session-edit.ts";
import { dateOf } from "../list-query.ts";
import type { Created, NewSession } from "../new-session.ts";
import { Iterations } from "../iterations.ts";
import type { GivenUp, GiveUpOptions, KeptFrom } from "../give-up.ts";
import type { EngineLease, LeaseOptions } from "../lease.ts";
import { EventLoopTurns } from "./disk/event-loop-turns.ts";
import type { Disk } from "./disk/disk.ts";
import { RealDisk } from "./disk/real-disk.ts";
import { SessionPaths } from "./disk/session-paths.ts";
import { storageError } from "./disk/storage-error.ts";
import { StoreDirectory } from "./disk/store-directory.ts";
import { SessionIndex } from "./index/session-index.ts";
import { watchedChanges } from "./index/summaries/watched-changes.ts";
import { holderOf, withHolders } from "./lease/holders.ts";
import type { SessionLeases } from "./lease/session-leases.ts";
import { readCommits } from "./read/commit-history.ts";
import { MessageArray } from "./read/messages/message-list.ts";
import type { FileSnapshot } from "./read/snapshot.ts";
import { streamMessages } from "./read/messages/message-stream.ts";
import { readInto } from "./read/session-reading.ts";
import { scanSession } from "./read/session-scan.ts";
import { isTooMany } from "./write/open-files.ts";
import type { SessionWriter } from "./write/session-writer.ts";
import type { SessionWriters } from "./write/session-writers.ts";
import type { WriterContext } from "./write/writer-context.ts";

export interface FileEngineOptions {
  /** How long a write waits for another process that holds the session's lock, in milliseconds. Default: 10,000. */
  readonly lockPatience?: number | undefined;
  /** The file system. Default: this machine's. */
  readonly disk?: Disk | undefined;
}

let sharedDisk: Disk | undefined;

/**
 * Sessions as files in one directory: a journal of every commit and a checkpoint in Astrid's format each. The layout
 * is described in docs/format.md. Nothing is created before the first write.
 */
export class FileEngine implements StorageEngine {
  readonly name = "file";
  readonly location: string;
  readonly capabilities = {
    persistent: true,
    multiProcess: true,
    trash: true,
    checkpoints: true,
    search: true,
  } as const;
  readonly #events = new EngineEvents();
  readonly #iterations = new Iterations();
  readonly #snapshots = new Set<FileSnapshot>();
  readonly #context: WriterContext;
  readonly #patience: number;
  #writers: Promise<SessionWriters> | undefined;
  #loadedWriters: SessionWriters | undefined;
  readonly #index: SessionIndex;
  #leases: Promise<SessionLeases> | undefined;
  readonly #reported = new Set<string>();
  #closed: Promise<void> | undefined;

  constructor(directory: string, options: FileEngineOptions = {}) {
    this.location = resolve(directory);
    const disk = options.disk ?? (sharedDisk ??= new RealDisk());
    const paths = new SessionPaths(this.location);
    this.#context = {
      disk,
      paths,
      directory: new StoreDirectory(disk, paths),
      distrusted: new Map(),
      turns: new EventLoopTurns(),
      report: (report) => {
        this.#events.report(report);
      },
      saved: (id, save) => {
        this.#index.noteSave(id, save);
      },
      rebuild: async (id, why) => {
        const { rebuildJournal } = await import("./repair/repair-session.ts");
        await rebuildJournal(this.#context, id, why);
      },
    };
    this.#index = new SessionIndex(this.#context, {
      onThisMachine: options.disk === undefined,
      progress: (done, total) => this.#events.progress({ kind: "index", done, total }),
    });
    this.#patience = options.lockPatience ?? 10_000;
  }

  subscribe(listener: EngineListener): () => void {
    return this.#events.subscribe(listener);
  }

  async commit(id: SessionId, commit: Commit, durability: Durability = "disk"): Promise<Committed> {
    this.#assertOpen();
    const writers = this.#loadedWriters ?? (await this.#loadWriters());
    return writers.of(id).commit(commit, durability);
  }

  async read(id: SessionId): Promise<StoredSession | undefined> {
    return await this.#readingOf(id, "load", async () => {
      const list = new MessageArray();
      const { files, session, reports } = await readInto(this.#context, id, list);
      files.close();
      for (const report of reports) this.#reportOnce(report);
      if (session === undefined) return undefined;
      const { revision, tag, updatedAt, head } = session;
      return { id, revision, tag, updatedAt, head, messages: list.messages };
    });
  }

  async head(id: SessionId): Promise<StoredHead | undefined> {
    const snapshot = await this.snapshot(id);
    snapshot?.close();
    if (snapshot === undefined) return undefined;
    const { revision, tag, updatedAt, head, messageCount } = snapshot;
    return { id, revision, tag, updatedAt, head, messageCount };
  }

  async snapshot(id: SessionId): Promise<Snapshot | undefined> {
    const { openSnapshot } = await import("./read/snapshot.ts");
    const snapshot = await this.#readingOf(id, "load", () =>
      openSnapshot(this.#context, id, (closed) => this.#snapshots.delete(closed)),
    );
    if (snapshot !== undefined) this.#snapshots.add(snapshot);
    return snapshot;
  }

  messages(id: SessionId, range: MessageRange): AsyncIterable<PositionedMessage> {
    return this.#stream(id, () => streamMessages(this.#context, id, range));
  }

  sideItems(id: SessionId, range: SideRange): AsyncIterable<SideItem> {
    const context = this.#context;
    return this.#stream(id, async function* () {
      const { streamSideItems } = await import("./read/side-stream.ts");
      yield* streamSideItems(context, id, range);
    });
  }

  commits(id: SessionId, after: number): AsyncIterable<StoredCommit> {
    return this.#stream(id, () => readCommits(this.#context, id, after));
  }

  changes(signal: AbortSignal): AsyncIterable<SessionId | undefined> {
    const either = AbortSignal.any([signal, this.#iterations.closing]);
    return this.#iterations.endless(() => watchedChanges(() => this.#index.watch(), either));
  }

  async search(query: SearchQuery): Promise<SearchHit[]> {
    this.#assertOpen();
    await this.#context.turns.beforeReading();
    return await this.#index.search(query);
  }

  async summary(id: SessionId): Promise<SessionSummary | undefined> {
    return await this.#readingOf(id, "read", async () => {
      const found = await scanSession(this.#context.disk, this.#context.paths, id);
      if ("unreadable" in found) throw found.unreadable.error;
      if (found.summary === undefined) return undefined;
      const held = await holderOf(this.#context, id);
      return held === null ? found.summary : { ...found.summary, held };
    });
  }

  async list(query: ListQuery): Promise<ListPage> {
    this.#assertOpen();
    await this.#context.turns.beforeReading();
    const page = await this.#index.list(query);
    const shown = withHolders(this.#context, page.sessions);
    return { ...page, sessions: await typed(`read the leases of ${this.location}`, shown) };
  }

  async workspacePlaces(): Promise<WorkspacePlace[]> {
    this.#assertOpen();
    await this.#context.turns.beforeReading();
    return await this.#index.workspacePlaces();
  }

  async lease(id: SessionId, options: LeaseOptions): Promise<EngineLease> {
    this.#assertOpen();
    this.#leases ??= import("./lease/session-leases.ts").then(
      ({ SessionLeases }) =>
        new SessionLeases(this.#context, async (held, doing, work) =>
          (await this.#loadWriters()).of(held).exclusively(doing, work),
        ),
    );
    return await typed(`hold session ${id}`, (await this.#leases).take(id, options));
  }

  async remove(id: SessionId, options: RemoveOptions = {}): Promise<boolean> {
    if (!this.#hasFiles("remove", id)) return false;
    const { removeSession } = await import("./write/removal/removal.ts");
    return await this.#exclusively("remove session", id, (turn) => {
      const open = (): ReturnType<typeof turn.open> => turn.open();
      const repair = async (): Promise<unknown> => {
        const { repairSession } = await import("./repair/repair-session.ts");
        return await repairSession(this.#context, id, turn);
      };
      return removeSession(this.#context, id, { open, repair }, options);
    });
  }

  async giveUp(id: SessionId, from: KeptFrom, options: GiveUpOptions = {}): Promise<GivenUp | undefined> {
    const { lookAtHistory, shortenSession } = await import("./rewrite/shorten-session.ts");
    if (options.dryRun === true)
      return await this.#readingOf(id, "look at the history of", () =>
        lookAtHistory(this.#context, id, from, options),
      );
    return await this.#exclusively("give up the history of session", id, (turn) =>
      shortenSession(this.#context, id, from, turn, options),
    );
  }

  async rewrite(
    id: SessionId,
    edit: SessionEdit,
    options: RewriteOptions = {},
  ): Promise<Rewritten | undefined> {
    if (options.dryRun === true) {
      const { lookThrough } = await import("./rewrite/look-through.ts");
      return await this.#readingOf(id, "look through", () => lookThrough(this.#context, id, edit));
    }
    const { rewriteSession } = await import("./rewrite/rewrite-session.ts");
    const rewritten = await this.#exclusively("rewrite session", id, (turn) =>
      rewriteSession(this.#context, id, edit, turn, options),
    );
    // A row that is removed from it may be read in its file still.
    if (rewritten?.isChanged === true || rewritten?.mayBeUnfinished === true) await this.#index.beginAnew();
    return rewritten;
  }

  async trashed(): Promise<TrashedSession[]> {
    this.#assertOpen();
    const { listTrashFolders } = await import("./write/removal/trash-folders.ts");
    return await this.#reading(`list the trash of ${this.location}`, async () => {
      const found = [...(await this.#index.trashed()), ...(await listTrashFolders(this.#context))];
      return found
        .sort((left, right) => Date.parse(right.removedAt) - Date.parse(left.removedAt))
        .map(({ id, removedAt, title, messageCount, bytes, parentId }) => {
          return { id, removedAt, title, messageCount, bytes, parentId };
        });
    });
  }

  async removals(): Promise<Removal[]> {
    this.#assertOpen();
    const { loggedLife, loggedRemovals } = await import("./write/removal/removal-log.ts");
    const { listTrashFolders, loggedFolder } = await import("./write/removal/trash-folders.ts");
    return await this.#reading(`read the removals of ${this.location}`, async () => {
      const lives = (await this.#index.trashed()).flatMap(({ checksum, ...life }) =>
        checksum === undefined ? [] : [loggedLife(life.id, { ...life, checksum })],
      );
      const folders = await listTrashFolders(this.#context);
      return await loggedRemovals(this.#context, [
        ...lives,
        ...folders.map(({ folder, ...what }) => loggedFolder(folder, what)),
      ]);
    });
  }

  async restore(id: SessionId): Promise<boolean> {
    this.#assertOpen();
    if (this.#stat("restore", id, this.#context.paths.root) === undefined) return false;
    const { restoreSession } = await import("./write/removal/trash.ts");
    return await this.#exclusively("restore session", id, (turn) =>
      restoreSession(this.#context, id, () => turn.open()),
    );
  }

  async emptyTrash(before?: string, note?: RemovalNote): Promise<number> {
    this.#assertOpen();
    const date = dateOf(before, "before");
    const { emptyTrashOf, isDue } = await import("./write/removal/trash.ts");
    const { emptyTrashFolders } = await import("./write/removal/trash-folders.ts");
    const { ids, unreadable } = await this.#index.mayBeTrashed((life) => isDue(life, date));
    let count = 0;
    for (const id of ids) {
      count += await this.#exclusively("empty the trash of session", id, (turn) =>
        emptyTrashOf(this.#context, id, () => turn.open(), date, note),
      );
    }
    count += await this.#reading(`empty the trash of ${this.location}`, () =>
      emptyTrashFolders(this.#context, date, note),
    );
    // What another process has removed before it died is not for certain yet.
    await this.#reading(`empty the trash of ${this.location}`, () => this.#syncNames());
    // What could not be looked at may be in the trash still.
    const failed = unreadable.find(({ error }) => error instanceof StorageError);
    if (failed?.error instanceof StorageError) {
      const { code, message } = failed.error;
      throw new StorageError(code, `Only a part of the trash was emptied: ${message}`, "unknown", {
        cause: failed.error,
      });
    }
    return count;
  }

  async checkpoint(id: SessionId): Promise<void> {
    this.#assertOpen();
    if (!this.#hasFiles("checkpoint", id)) throw new SessionNotFoundError(id);
    await (await this.#writer(id)).checkpoint();
  }

  async pack(id: SessionId): Promise<Packing> {
    if (!this.#hasFiles("pack", id)) throw new SessionNotFoundError(id);
    const { packSession } = await import("./write/packing/pack-session.ts");
    return await packSession(this.#context, id, (work) => this.#exclusively("pack session", id, work));
  }

  async createPacked(sessions: readonly NewSession[]): Promise<Created[]> {
    this.#assertOpen();
    const { createPacked } = await import("./write/packing/create-packed.ts");
    return await createPacked(this.#context, sessions);
  }

  async verify(id: SessionId): Promise<Verification> {
    if (!this.#hasFiles("verify", id)) throw new SessionNotFoundError(id);
    const { verifySession } = await import("./repair/verify-session.ts");
    return await this.#readingOf(id, "verify", () => verifySession(this.#context, id));
  }

  async repair(id: SessionId): Promise<Repair> {
    if (!this.#hasFiles("repair", id)) throw new SessionNotFoundError(id);
    const { repairSession } = await import("./repair/repair-session.ts");
    return await this.#exclusively("repair session", id, (turn) => repairSession(this.#context, id, turn));
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** Every part is closed, whatever becomes of the others. */
  async #close(): Promise<void> {
    this.#index.end();
    for (const snapshot of this.#snapshots) snapshot.close(new StoreClosedError());
    const closed = await Promise.allSettled([
      this.#iterations.close(),
      this.#leases?.then((leases) => leases.close()),
    ]);
    closed.push(...(await Promise.allSettled([this.#writers?.then((writers) => writers.close())])));
    await this.#index.close();
    this.#context.disk.closeIdle?.();
    for (const one of closed) if (one.status === "rejected") throw one.reason;
  }

  /** Runs what reads one session; no listing that begins afterwards is older than what it returns. */
  async #readingOf<T>(id: SessionId, doing: string, work: () => Promise<T>): Promise<T> {
    const found = await this.#reading(`${doing} session ${id}`, work);
    this.#index.noteRead(id);
    return found;
  }

  /** Runs what only reads: its errors are typed, and it is tried again where too many files are open. */
  async #reading<T>(doing: string, work: () => Promise<T>): Promise<T> {
    this.#assertOpen();
    const turn = this.#context.turns.beforeReading();
    if (turn !== undefined) await turn;
    try {
      return await work();
    } catch (error) {
      if (!isTooMany(error)) throw storageError(error, doing);
    }
    const { files } = await this.#loadWriters();
    try {
      return await files.patiently(work);
    } catch (error) {
      throw storageError(error, doing);
    }
  }

  #stream<T>(id: SessionId, start: () => AsyncIterable<T>): AsyncIterable<T> {
    const { turns } = this.#context;
    const index = this.#index;
    return this.#iterations.of(async function* () {
      await turns.beforeReading();
      try {
        for await (const item of start()) {
          index.noteRead(id);
          yield item;
        }
      } catch (error) {
        throw storageError(error, `read session ${id}`);
      }
    });
  }

  async #syncNames(): Promise<void> {
    const { disk, paths } = this.#context;
    for (const path of [paths.root, paths.trash])
      if (disk.stat(path) !== undefined) await disk.syncDirectory(path, "trash.sync-directory");
  }

  #hasFiles(doing: string, id: SessionId): boolean {
    this.#assertOpen();
    const { paths } = this.#context;
    return [paths.checkpoint(id), paths.journal(id)].some(
      (path) => this.#stat(doing, id, path) !== undefined,
    );
  }

  #stat(doing: string, id: SessionId, path: string): ReturnType<Disk["stat"]> {
    try {
      return this.#context.disk.stat(path);
    } catch (error) {
      throw storageError(error, `${doing} session ${id}`);
    }
  }

  /** Runs `work` alone among everything that writes a session; afterwards the index reads it again. */
  async #exclusively<T>(
    doing: string,
    id: SessionId,
    work: Parameters<typeof SessionWriter.prototype.exclusively<T>>[1],
  ): Promise<T> {
    const writer = await this.#writer(id);
    return await writer.exclusively(doing, async (turn) => {
      try {
        return await work(turn);
      } finally {
        turn.forget();
        this.#context.saved(id, undefined);
      }
    });
  }

  async #writer(id: SessionId): Promise<SessionWriter> {
    this.#assertOpen();
    return (await this.#loadWriters()).of(id);
  }

  /** Whoever only reads does not wait for all that writes to be loaded. */
  #loadWriters(): Promise<SessionWriters> {
    this.#writers ??= import("./write/session-writers.ts").then(
      ({ SessionWriters }) => (this.#loadedWriters = new SessionWriters(this.#context, this.#patience)),
    );
    return this.#writers;
  }

  #reportOnce(report: EngineReport): void {
    const key = `${report.kind} ${report.sessionId} ${report.message}`;
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    this.#events.report(report);
  }

  #assertOpen(): void {
    if (this.#closed !== undefined) throw new StoreClosedError();
  }
}

async function typed<T>(doing: string, work: Promise<T>): Promise<T> {
  return await work.catch((error: unknown) => {
    throw storageError(error, doing);
  });
}
