import { resolve } from "node:path";
import type { Commit, Committed } from "../../session/commit.ts";
import { SessionNotFoundError, StoreClosedError } from "../../session/errors.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { SessionSummary } from "../../session/summary.ts";
import type {
  Durability,
  EngineListener,
  EngineReport,
  ListPage,
  ListQuery,
  MessageRange,
  PositionedMessage,
  RemoveOptions,
  Repair,
  SearchHit,
  SearchQuery,
  SideItem,
  SideRange,
  StorageEngine,
  StoredCommit,
  StoredHead,
  StoredSession,
  TrashedSession,
  Verification,
} from "../contract.ts";
import { EngineEvents } from "../engine-events.ts";
import { readCommits } from "./read/commit-history.ts";
import { scanSession } from "./read/directory-scan.ts";
import type { Disk } from "./disk/disk.ts";
import type { FileContext } from "./disk/file-context.ts";
import { readHead } from "./read/head-reader.ts";
import { SessionIndex } from "./index/session-index.ts";
import { streamMessages } from "./read/message-stream.ts";
import { RealDisk } from "./disk/real-disk.ts";
import { SessionPaths } from "./disk/session-paths.ts";
import { readSession } from "./read/session-reader.ts";
import type { SessionWriter } from "./write/session-writer.ts";
import type { SessionWriters } from "./write/session-writers.ts";
import { storageError } from "./disk/storage-error.ts";
import { StoreDirectory } from "./disk/store-directory.ts";
import { UnsyncedTurns } from "./write/unsynced-turns.ts";
import { watchedChanges } from "./index/summaries/watched-changes.ts";

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
  readonly #context: FileContext;
  readonly #patience: number;
  #writers: Promise<SessionWriters> | undefined;
  #loadedWriters: SessionWriters | undefined;
  readonly #index: SessionIndex;
  readonly #reported = new Set<string>();
  #closed = false;

  constructor(directory: string, options: FileEngineOptions = {}) {
    this.location = resolve(directory);
    const disk = options.disk ?? (sharedDisk ??= new RealDisk());
    const paths = new SessionPaths(this.location);
    this.#context = {
      disk,
      paths,
      directory: new StoreDirectory(disk, paths),
      distrusted: new Map(),
      unsyncedTurns: new UnsyncedTurns(),
      report: (report) => {
        this.#events.report(report);
      },
      saved: (id, save) => {
        this.#index.noteSave(id, save);
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
    this.#assertOpen();
    const { disk, paths } = this.#context;
    try {
      const { session, reports } = await readSession(disk, paths, id);
      for (const report of reports) this.#reportOnce(report);
      return session;
    } catch (error) {
      throw storageError(error, `load session ${id}`);
    }
  }

  async head(id: SessionId): Promise<StoredHead | undefined> {
    this.#assertOpen();
    try {
      const { disk, paths } = this.#context;
      const found = await readHead(disk, paths, id);
      if (found !== undefined) return found;
    } catch (error) {
      throw storageError(error, `load session ${id}`);
    }
    const session = await this.read(id);
    return session && { ...session, messageCount: session.messages.length };
  }

  async *messages(id: SessionId, range: MessageRange): AsyncGenerator<PositionedMessage> {
    this.#assertOpen();
    try {
      yield* streamMessages(this.#context, id, range);
    } catch (error) {
      throw storageError(error, `read session ${id}`);
    }
  }

  async *sideItems(id: SessionId, range: SideRange): AsyncGenerator<SideItem> {
    this.#assertOpen();
    try {
      const { streamSideItems } = await import("./read/side-stream.ts");
      yield* streamSideItems(this.#context, id, range);
    } catch (error) {
      throw storageError(error, `read session ${id}`);
    }
  }

  async *commits(id: SessionId, after: number): AsyncGenerator<StoredCommit> {
    this.#assertOpen();
    try {
      yield* readCommits(this.#context, id, after);
    } catch (error) {
      throw storageError(error, `read session ${id}`);
    }
  }

  async *changes(signal: AbortSignal): AsyncGenerator<SessionId | undefined> {
    this.#assertOpen();
    yield* watchedChanges(() => this.#index.watch(), signal);
  }

  async search(query: SearchQuery): Promise<SearchHit[]> {
    this.#assertOpen();
    return await this.#index.search(query);
  }

  async summary(id: SessionId): Promise<SessionSummary | undefined> {
    this.#assertOpen();
    const found = await scanSession(this.#context.disk, this.#context.paths, id);
    if (found === undefined) return undefined;
    if ("unreadable" in found) throw found.unreadable.error;
    return found.summary;
  }

  async list(query: ListQuery): Promise<ListPage> {
    this.#assertOpen();
    return await this.#index.list(query);
  }

  async workspacePaths(): Promise<string[]> {
    this.#assertOpen();
    return await this.#index.workspacePaths();
  }

  async remove(id: SessionId, options: RemoveOptions = {}): Promise<boolean> {
    this.#assertOpen();
    if (!this.#hasFiles(id)) return false;
    return await (await this.#writer(id)).remove(options);
  }

  async trashed(): Promise<TrashedSession[]> {
    this.#assertOpen();
    const { listTrash } = await import("./read/trash.ts");
    return await listTrash(this.#context);
  }

  async restore(id: SessionId): Promise<boolean> {
    this.#assertOpen();
    if (this.#context.disk.stat(this.#context.paths.root) === undefined) return false;
    return await (await this.#writer(id)).restore();
  }

  async emptyTrash(before: Date = new Date(8.64e15)): Promise<number> {
    this.#assertOpen();
    const { emptyTrash } = await import("./read/trash.ts");
    return await emptyTrash(this.#context, before);
  }

  async checkpoint(id: SessionId): Promise<void> {
    this.#assertOpen();
    if (!this.#hasFiles(id)) throw new SessionNotFoundError(id);
    await (await this.#writer(id)).checkpoint();
  }

  async verify(id: SessionId): Promise<Verification> {
    this.#assertOpen();
    if (!this.#hasFiles(id)) throw new SessionNotFoundError(id);
    try {
      const { verifySession } = await import("./repair/repair.ts");
      return await verifySession(this.#context, id);
    } catch (error) {
      throw storageError(error, `verify session ${id}`);
    }
  }

  async repair(id: SessionId): Promise<Repair> {
    this.#assertOpen();
    if (!this.#hasFiles(id)) throw new SessionNotFoundError(id);
    return await (await this.#writer(id)).repair();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await (await this.#writers)?.close();
    await this.#index.close();
  }

  #hasFiles(id: SessionId): boolean {
    const { disk, paths } = this.#context;
    return disk.stat(paths.checkpoint(id)) !== undefined || disk.stat(paths.journal(id)) !== undefined;
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
    if (this.#closed) throw new StoreClosedError();
  }
}
