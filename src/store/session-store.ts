import { EventEmitter } from "node:events";
import type { Commit, Committed } from "../session/commit.ts";
import { AgentSession } from "../session/agent-session.ts";
import {
  ConflictError,
  InvalidArgumentError,
  NotSupportedError,
  PartialSessionError,
  StoreClosedError,
} from "../session/errors.ts";
import { checkHead } from "../session/head.ts";
import { Message } from "../session/message.ts";
import { parseSessionId, readSessionId, type SessionId } from "../session/session-id.ts";
import type { SessionSummary } from "../session/summary.ts";
import { estimateTokens, type TokenEstimator } from "../session/tokens.ts";
import type {
  Durability,
  EngineHealth,
  EngineProgress,
  EngineReport,
  Expired,
  ExpireOptions,
  ListPage,
  ListQuery,
  MessageRange,
  PositionedMessage,
  Repair,
  SearchHit,
  SearchQuery,
  SideItem,
  SideRange,
  StorageEngine,
  StoredCommit,
  TrashedSession,
  Verification,
} from "../engine/contract.ts";
import { Iterations } from "../engine/iterations.ts";
import { AstridHome } from "../home/astrid-home.ts";
import { compact, type CompactOptions } from "../operations/compact.ts";
import { forked, type ForkAt } from "../operations/fork.ts";
import { organize, type Organized } from "../operations/organize.ts";
import { rewind, undo, type RewindTo } from "../operations/rewind.ts";
import type { Sessions } from "../operations/sessions.ts";
import { cleanupOld } from "./cleanup.ts";
import { deleteSession, type DeleteOptions } from "./delete-session.ts";
import { engineFor, isPostgres } from "./engine-for.ts";
import { SessionSaves } from "./session-saves.ts";
import { readEnd, SessionSnapshot, snapshotOf } from "./snapshot.ts";
import type { AppendOptions, CleanupOptions, LoadOptions, SessionStoreOptions } from "./store-options.ts";
import { traced } from "./tracing.ts";
import { isUnknown, storedAttempt, UnknownCommits } from "./unknown-outcome.ts";
import { watchCommits, watchSummaries, type WatchOptions } from "./watch.ts";
import { sessionsOfWorkspace } from "./workspace-sessions.ts";

interface StoreEvents {
  report: [report: EngineReport];
  /** Something takes long. */
  progress: [progress: EngineProgress];
}

/**
 * Sessions, durable. One store may be used by any number of callers at once; so may one location by any number of
 * processes.
 *
 * Emits `report` for everything that was recovered, set aside or changed by someone else, and `progress` while something
 * takes long. Every store on an engine hears them. Listeners are called outside of the store's own work, before the call
 * that was the occasion settles: what one throws becomes an uncaught exception and makes no call fail.
 *
 * @example
 * await using store = await SessionStore.open();
 * await store.save(session); // on disk when this resolves
 */
export class SessionStore extends EventEmitter<StoreEvents> {
  readonly engine: StorageEngine;
  readonly #durability: Durability;
  /** How many tokens a message adds, as this store counts them. */
  readonly estimateTokens: TokenEstimator;
  readonly #saves: SessionSaves;
  /** Sessions that were loaded in part. */
  readonly #partial = new WeakSet<AgentSession>();
  readonly #unknown = new UnknownCommits();
  readonly #closesEngine: boolean;
  readonly #unsubscribe: (() => void)[] = [];
  readonly #iterations = new Iterations();
  /** Commits that the engine has not answered yet. */
  readonly #underWay = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  /**
   * @param location a directory, `memory:`, or an engine. Nothing is touched until the first save. `open` takes a
   *   PostgreSQL URL as well. An engine is closed by whoever made it, unless `closeEngine` says otherwise.
   */
  constructor(location: string | StorageEngine, options: SessionStoreOptions = {}) {
    super();
    this.engine = typeof location === "string" ? engineFor(location) : location;
    this.#closesEngine = options.closeEngine ?? typeof location === "string";
    this.#saves = new SessionSaves(this.engine, (id, commit) => this.#commit(id, commit));
    this.#durability = options.durability ?? "disk";
    this.estimateTokens = options.estimateTokens ?? estimateTokens;
    const { logger } = options;
    if (logger !== undefined) {
      const log = ({ sessionId, message }: EngineReport): void =>
        logger.warn(`astrid-sessions: session ${sessionId}: ${message}`);
      this.#unsubscribe.push(this.engine.subscribe({ report: log }));
    }
    this.#unsubscribe.push(
      this.engine.subscribe({
        report: (report) => this.emit("report", report),
        progress: (progress) => this.emit("progress", progress),
      }),
    );
  }

  /**
   * Opens a store.
   * @param location a directory, `postgres://…` or `memory:`. Default: `sessions` in Astrid's home.
   * @throws {InvalidHomeError} without a location, when the home is not to be found.
   */
  static async open(location?: string, options?: SessionStoreOptions): Promise<SessionStore> {
    if (location === undefined) return SessionStore.fromHome(undefined, options);
    if (!isPostgres(location)) return new SessionStore(location, options);
    // Whoever keeps sessions in files does not wait for this to be loaded.
    const { PostgresEngine } = await import("../engine/postgres/postgres-engine.ts");
    return new SessionStore(new PostgresEngine({ url: location }), { closeEngine: true, ...options });
  }

  /** The store in `<home>/sessions`. Default home: `$ASTRID_HOME`, else `~/.astrid`. */
  static fromHome(home: AstridHome = AstridHome.resolve(), options?: SessionStoreOptions): SessionStore {
    return new SessionStore(home.sessionsDir, options);
  }

  /** Where the sessions are, for a person. */
  get location(): string {
    return this.engine.location;
  }

  /**
   * Stores what has changed since this session was last saved or loaded here; everything, for a new one. Saves of one
   * session queue. When it resolves, the change is durable.
   *
   * A save that failed with an unknown outcome may be repeated, also when the session has changed since: what was stored
   * of it is not stored again, and is no conflict. That holds for the same session object in the same store.
   *
   * @throws {ConflictError} when someone else has changed the session since; load it again and repeat the change.
   * @throws {InvalidSessionError} when a field cannot be stored.
   * @throws {StorageError} with `outcome`.
   */
  async save(session: AgentSession): Promise<Committed> {
    this.#assertOpen();
    if (this.#partial.has(session)) throw new PartialSessionError(session.id);
    return await this.#saves.save(session);
  }

  /**
   * The session at its current revision, `undefined` when there is none.
   * @throws {InvalidSessionIdError | CorruptSessionError | NewerFormatError}
   */
  async load(id: string, options: LoadOptions = {}): Promise<AgentSession | undefined> {
    const sessionId = parseSessionId(id);
    this.#assertOpen();
    if (options.lastMessages !== undefined) return await this.#loadPart(sessionId, options.lastMessages);
    const stored = await traced("load", { id: sessionId }, () =>
      this.engine.read(sessionId, { mayBeBehind: options.mayBeBehind }),
    );
    if (stored === undefined) return undefined;
    const { head, messages, revision, tag, updatedAt } = stored;
    const session = AgentSession.fromStored(sessionId, head, messages, this.estimateTokens);
    const committed = { revision, tag, at: updatedAt, messageCount: messages.length, repeated: false };
    this.#saves.noteLoaded(session, { head, messages, length: messages.length, committed });
    return session;
  }

  async #loadPart(id: SessionId, lastMessages: number): Promise<AgentSession | undefined> {
    const end = await readEnd(this.engine, id, lastMessages);
    if (end === undefined) return undefined;
    const session = AgentSession.fromStored(id, end.head, end.messages, this.estimateTokens);
    this.#partial.add(session);
    return session;
  }

  /**
   * The session at its current revision, to be read piece by piece while it goes on: head, revision and messages of one
   * moment. `undefined` when there is none.
   * @throws {InvalidSessionIdError | CorruptSessionError | NewerFormatError}
   * @example
   * using snapshot = await store.read(id);
   * for await (const { message } of snapshot?.messages() ?? []) console.log(message.content);
   */
  async read(id: string): Promise<SessionSnapshot | undefined> {
    const sessionId = parseSessionId(id);
    this.#assertOpen();
    const source = await snapshotOf(this.engine, sessionId);
    if (source === undefined) return undefined;
    const snapshot = new SessionSnapshot(source, this.#iterations);
    if (this.#closed === undefined) return snapshot;
    snapshot.close();
    throw new StoreClosedError();
  }

  /**
   * The same as `load` for an id in any form that Astrid's `load_by_str` takes: in upper or lower case, in braces,
   * behind `urn:uuid:`, or 32 digits without hyphens.
   * @throws {InvalidSessionIdError | CorruptSessionError | NewerFormatError}
   */
  async loadByStr(id: string): Promise<AgentSession | undefined> {
    return await this.load(readSessionId(id));
  }

  /**
   * Removes a session, and with it the sessions of its sub-agents, which go first. When it resolves, they stay removed;
   * when it is interrupted, it can be repeated.
   * @returns false when there was none, which is no error.
   */
  async delete(id: string, options: DeleteOptions = {}): Promise<boolean> {
    const sessionId = parseSessionId(id);
    this.#assertOpen();
    return await traced("delete", { id: sessionId }, () => deleteSession(this.engine, sessionId, options));
  }

  /** The ids of all sessions, last changed first. */
  async list(): Promise<SessionId[]> {
    const { sessions } = await this.listPage();
    return sessions.map(({ id }) => id);
  }

  /** Summaries, newest first. What cannot be read is in `listPage().unreadable`, and reported. */
  async listWithMetadata(query: ListQuery = {}): Promise<SessionSummary[]> {
    const { sessions } = await this.listPage(query);
    return sessions;
  }

  /** A page of summaries, the cursor of the next page, and everything in the store that cannot be read. */
  async listPage(query: ListQuery = {}): Promise<ListPage> {
    this.#assertOpen();
    return await traced("list", { query }, () => this.engine.list(query));
  }

  /** The session that was changed last; those of sub-agents only when the query includes them. */
  async mostRecent(query: ListQuery = {}): Promise<AgentSession | undefined> {
    const page = await this.listPage({ includeSubagents: false, ...query, limit: 1 });
    const [latest] = page.sessions;
    return latest === undefined ? undefined : await this.load(latest.id);
  }

  /** The sessions of the workspace that `path` is in: by its id where it has one, and by its real path. */
  async listForWorkspace(
    path: string,
    query: Omit<ListQuery, "workspace" | "limit" | "cursor"> = {},
  ): Promise<SessionSummary[]> {
    this.#assertOpen();
    return await sessionsOfWorkspace(path, this.engine, query);
  }

  /**
   * Removes sessions that are older than so many days.
   * @returns how many were (with `dryRun`: would be) removed.
   */
  async cleanupOld(days: number, options: CleanupOptions = {}): Promise<number> {
    return await cleanupOld(this, days, options);
  }

  /** One session's summary. @throws {CorruptSessionError | NewerFormatError} */
  async summary(id: string): Promise<SessionSummary | undefined> {
    const sessionId = parseSessionId(id);
    this.#assertOpen();
    return await this.engine.summary(sessionId);
  }

  /**
   * Adds messages to the end of a stored session without loading it. When the outcome is unknown, the same append may be
   * repeated with the same `operationId` or `expectedRevision`, and is stored once. Without either, a repetition is a
   * further append.
   * @throws {SessionNotFoundError | ConflictError | OperationMismatchError | InvalidMessageError | StorageError}
   */
  async append(id: string, messages: readonly Message[], options: AppendOptions = {}): Promise<Committed> {
    const sessionId = parseSessionId(id);
    const checked = messages.map((message) => Message.from(message));
    const { expectedRevision, operationId, at } = options;
    if (expectedRevision === 0)
      throw new InvalidArgumentError("A session is created with save, not with append.");
    const addTokens = checked.reduce((sum, message) => sum + this.estimateTokens(message), 0);
    return await this.#commitAgain(sessionId, {
      base: expectedRevision,
      operationId,
      at,
      splice: ["end", 0, checked],
      addTokens,
    });
  }

  /**
   * Stores one change of a session as it is given, whatever a session object knows: messages, fields and items of side
   * lists together, or none of it. `base` 0 creates the session. When the outcome is unknown, the same commit may be
   * repeated if it has a base or an operation id, and is stored once.
   * @throws {ConflictError | OperationMismatchError | SessionNotFoundError | InvalidMessageError | InvalidSessionError}
   * @throws {InvalidArgumentError} when the commit makes no sense.
   * @throws {StorageError} with `outcome`.
   */
  async commit(id: string, commit: Commit): Promise<Committed> {
    const sessionId = parseSessionId(id);
    if (commit.set !== undefined) checkHead(commit.set);
    if (commit.splice === undefined) return await this.#commitAgain(sessionId, commit);
    const [start, deleteCount, messages] = commit.splice;
    const checked = messages.map((message) => Message.from(message));
    return await this.#commitAgain(sessionId, { ...commit, splice: [start, deleteCount, checked] });
  }

  /**
   * Items of a session's side lists: what a framework keeps beside the messages. They are added with `commit`.
   * @throws {SessionNotFoundError | InvalidSessionIdError | InvalidArgumentError} with the first step.
   */
  sideItems(id: string, range: SideRange = {}): AsyncIterable<SideItem> {
    return this.#iterations.of(() => this.engine.sideItems(parseSessionId(id), range));
  }

  /**
   * The messages of a session, from the start or from the end, without loading it whole. They are those of the revision
   * that is current at the first step; `read` gives the head that belongs to them.
   * @throws {SessionNotFoundError | InvalidSessionIdError | InvalidArgumentError} with the first step.
   */
  messages(id: string, range: MessageRange = {}): AsyncIterable<PositionedMessage> {
    return this.#iterations.of(() => this.engine.messages(parseSessionId(id), range));
  }

  /**
   * A new session with everything that another one held, at its current or at an earlier revision, or with its first
   * `position` messages; the other stays as it is. It is stored when this resolves. Its title ends with `(fork)`,
   * `metadata.custom.forked_from` says where it comes from (`<id>@<revision>`), `forked_messages` how many of its
   * messages it took over.
   * @throws {SessionNotFoundError | InvalidArgumentError}
   */
  async fork(id: string, at: ForkAt = {}): Promise<AgentSession> {
    const { id: forkId, head, messages, side } = await forked(this.#sessions, parseSessionId(id), at);
    const fork = AgentSession.fromStored(forkId, head, messages, this.estimateTokens);
    await this.#saves.save(fork, side);
    return fork;
  }

  /**
   * Takes a session back: behind its first `position` messages, or to what it held at a `revision`. What it leaves stays
   * in its history, and `undo` brings it back. Whoever has the session loaded has to load it again.
   * @returns what was committed; `undefined` when the session is there already.
   * @throws {SessionNotFoundError | InvalidArgumentError | ConflictError | StorageError}
   * @example await store.rewind(id, { position: 12 });
   */
  async rewind(id: string, to: RewindTo): Promise<Committed | undefined> {
    return await rewind(this.#sessions, parseSessionId(id), to);
  }

  /**
   * Takes back the latest `rewind` or `compact` of a session. What was said since a rewind is left as a rewind leaves
   * it: `undo` once more goes there again.
   * @returns which of the two it was; `undefined` when there is none.
   * @throws {SessionNotFoundError | InvalidArgumentError | ConflictError | StorageError}
   */
  async undo(id: string): Promise<"rewind" | "compact" | undefined> {
    return await undo(this.#sessions, parseSessionId(id));
  }

  /**
   * Lets a summary stand for the beginning of a session when a model is sent it: see `AgentSession.context`. What was
   * said stays in the session, and `undo` takes the summary away. A call and its result are never parted.
   * @returns what was committed; `undefined` when there is nothing to shorten.
   * @throws {SessionNotFoundError | InvalidArgumentError | ConflictError | StorageError}
   * @example await store.compact(id, { summary: (messages) => summarise(messages), keepRecent: 10 });
   */
  async compact(id: string, options: CompactOptions): Promise<Committed | undefined> {
    return await compact(this.#sessions, parseSessionId(id), options);
  }

  /**
   * Renames, tags, pins or archives a session without loading it; it conflicts with nothing that others write to it.
   * @returns what was committed; `undefined` when the session is like that already.
   * @throws {SessionNotFoundError | InvalidArgumentError | InvalidSessionError | StorageError}
   * @example await store.organize(id, { title: "Parser", addTags: ["work"], pinned: true });
   */
  async organize(id: string, changes: Organized): Promise<Committed | undefined> {
    return await organize(this.#sessions, parseSessionId(id), changes);
  }

  get #sessions(): Sessions {
    this.#assertOpen();
    return {
      engine: this.engine,
      estimate: this.estimateTokens,
      commit: (id, commit) => this.#commitAgain(id, commit),
    };
  }

  /**
   * Messages and titles in which all of the words occur, best first. `"a phrase"`, `prefix*`, code (`foo_bar.baz`,
   * `--flag`, paths) and scripts without spaces work; no text is an error. What was saved before this call is found.
   * Not looked through: images and files, and what looks like base64.
   */
  async search(text: string, query: Omit<SearchQuery, "text"> = {}): Promise<SearchHit[]> {
    this.#assertOpen();
    return await traced("search", { text, query }, () => this.engine.search({ ...query, text }));
  }

  /**
   * The commits of a session as they become durable, by whichever process, from behind the current revision (or
   * `after`) on; none is left out and none comes twice. Ends when the session is removed, with the signal, and when the
   * store is closed.
   * @throws {SessionNotFoundError | InvalidSessionIdError} with the first step.
   */
  watch(id: string, options?: WatchOptions): AsyncIterable<StoredCommit>;
  /** The summaries of sessions that match, each time one has changed; changes that are close may be told as one. */
  watch(query: ListQuery, options?: Omit<WatchOptions, "after">): AsyncIterable<SessionSummary>;
  watch(what: string | ListQuery, options: WatchOptions = {}): AsyncIterable<StoredCommit | SessionSummary> {
    const { closing } = this.#iterations;
    const signal = options.signal === undefined ? closing : AbortSignal.any([options.signal, closing]);
    return this.#iterations.endless<StoredCommit | SessionSummary>(() =>
      typeof what === "string"
        ? watchCommits(this.engine, parseSessionId(what), { ...options, signal })
        : watchSummaries(this.engine, what, { signal }),
    );
  }

  /** Writes the whole session as one document, where Astrid and other readers find it. */
  async checkpoint(id: string): Promise<void> {
    const sessionId = parseSessionId(id);
    this.#assertOpen();
    await traced("checkpoint", { id: sessionId }, () => this.engine.checkpoint(sessionId));
  }

  /** Reads everything of a session and says what is wrong with it. Changes nothing. */
  async verify(id: string): Promise<Verification> {
    const sessionId = parseSessionId(id);
    this.#assertOpen();
    return await this.engine.verify(sessionId);
  }

  /** Brings a damaged session back as far as its bytes go. Nothing is thrown away. */
  async repair(id: string): Promise<Repair> {
    const sessionId = parseSessionId(id);
    this.#assertOpen();
    return await this.engine.repair(sessionId);
  }

  /** What is in the trash, last removed first. */
  async trashed(): Promise<TrashedSession[]> {
    this.#assertOpen();
    return await this.engine.trashed();
  }

  /** Brings a session back from the trash; false when it is not there. */
  async restore(id: string): Promise<boolean> {
    const sessionId = parseSessionId(id);
    this.#assertOpen();
    return await this.engine.restore(sessionId);
  }

  /** Removes for good what went to the trash before a time; without one everything, whatever the clock says. */
  async emptyTrash(before?: Date): Promise<number> {
    this.#assertOpen();
    return await this.engine.emptyTrash(before);
  }

  /**
   * Makes the tables of a database, or brings them to this version; returns the version before, and now.
   * @throws {NotSupportedError} where there are none.
   * @throws {NewerSchemaError} when they are of a newer version.
   */
  async migrate(): Promise<{ readonly before: number; readonly now: number }> {
    this.#assertOpen();
    return await (this.engine.migrate?.() ?? this.#unsupported("migrations"));
  }

  #unsupported(what: string): never {
    throw new NotSupportedError(what, this.engine.name);
  }

  /** How the server is that has the sessions. @throws {NotSupportedError} where there is none. */
  async health(): Promise<EngineHealth> {
    this.#assertOpen();
    return await (this.engine.health?.() ?? this.#unsupported("health"));
  }

  /** Removes what is too old, in pages, of one or of all tenants of a database. @throws {NotSupportedError} */
  async expire(options: ExpireOptions): Promise<Expired> {
    this.#assertOpen();
    return await (this.engine.expire?.(options) ?? this.#unsupported("expire"));
  }

  /**
   * Waits for the commits that are under way and lets go of everything. Watching ends; reading that is under way, and
   * every later call, rejects with `STORE_CLOSED`. An engine that the store made, or was told to close, is closed: it
   * writes checkpoints where they are worth it and lets go of all files. An engine that was handed in stays open for its
   * owner.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const ended = await Promise.allSettled([
      this.#iterations.close(),
      this.#closesEngine ? this.engine.close() : Promise.allSettled(this.#underWay),
    ]);
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    for (const end of ended) if (end.status === "rejected") throw end.reason;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Stores a commit, which may be one that failed before with an unknown outcome and was stored all the same. */
  async #commitAgain(id: SessionId, commit: Commit): Promise<Committed> {
    try {
      const committed = await this.#commit(id, commit);
      this.#unknown.forget(id, commit);
      return committed;
    } catch (error) {
      if (isUnknown(error)) this.#unknown.note(id, commit);
      if (!(error instanceof ConflictError) || !this.#unknown.has(id, commit)) throw error;
      const stored = await storedAttempt(this.engine, id, [{ commit }]);
      this.#unknown.forget(id, commit);
      if (stored === undefined) throw error;
      return stored.committed;
    }
  }

  async #commit(id: SessionId, commit: Commit): Promise<Committed> {
    this.#assertOpen();
    const committing = traced("commit", { id }, () => this.engine.commit(id, commit, this.#durability));
    this.#underWay.add(committing);
    try {
      return await committing;
    } finally {
      this.#underWay.delete(committing);
    }
  }

  #assertOpen(): void {
    if (this.#closed !== undefined) throw new StoreClosedError();
  }
}
