import { checkArray, checkOptions, checkText } from "../session/json/arguments.ts";
import type { Commit, Committed } from "../session/commit.ts";
import { AgentSession } from "../session/agent-session.ts";
import { ConflictError, ReadOnlySessionError } from "../session/errors/errors.ts";
import type { Unpaired } from "../session/context/pairs.ts";
import { checkHead } from "../session/head.ts";
import { Message } from "../session/message.ts";
import { parseSessionId, readSessionId, type SessionId } from "../session/session-id.ts";
import { SessionView } from "../session/session-view.ts";
import type { SessionSummary } from "../session/summary/summary.ts";
import { estimateTokens, type TokenEstimator } from "../session/summary/tokens.ts";
import type {
  Durability,
  ListPage,
  ListQuery,
  MessageRange,
  PositionedMessage,
  SearchHit,
  SearchQuery,
  SideItem,
  SideRange,
  StorageEngine,
  StoredCommit,
} from "../engine/contract.ts";
import type { LeaseOptions } from "../engine/lease.ts";
import { checkQuery } from "../engine/list-query.ts";
import type { Created, NewSession } from "../engine/new-session.ts";
import { AstridHome } from "../home/astrid-home.ts";
import { redactCommit } from "../redaction/redact-commit.ts";
import type { Redact } from "../redaction/redact.ts";
import { compact, type CompactOptions } from "../operations/compact.ts";
import { forked, type ForkAt } from "../operations/fork.ts";
import { organize, type Organized } from "../operations/organize.ts";
import { rewind, undo, type RewindTo } from "../operations/rewind.ts";
import { relink, type Relinked, type RelinkOptions } from "../operations/relink.ts";
import type { Sessions } from "../operations/sessions.ts";
import { searchOnce } from "../operations/search-once.ts";
import { unpairedIn } from "../operations/unpaired.ts";
import { sessionsOfWorkspace } from "../operations/workspace-sessions.ts";
import { usageOf, type Usage, type UsageQuery } from "../operations/usage.ts";
import { workspacesOf, type WorkspaceSummary } from "../operations/workspaces.ts";
import { append } from "./saving/append.ts";
import { checkedRange, checkParts, checkSession, checkWatch } from "./saving/checks.ts";
import { createPacked } from "./saving/create-packed.ts";
import { deleteSession, type DeleteOptions } from "./delete-session.ts";
import { isPostgres } from "./engine-for.ts";
import { historyOf, type Revision } from "./reading/history.ts";
import { SessionLease, under, type UnderLease } from "./session-lease.ts";
import { SessionSaves } from "./saving/session-saves.ts";
import { SessionSnapshot, snapshotAt, snapshotOf } from "./reading/snapshot.ts";
import type {
  AppendOptions,
  LoadOptions,
  MaybeView,
  Saved,
  SaveOptions,
  SessionStoreOptions,
  SnapshotOptions,
  ViewOptions,
} from "./store-options.ts";
import { StoreUpkeep } from "./store-upkeep.ts";
import { summariesOf } from "./reading/summaries.ts";
import { traced } from "./tracing.ts";
import { isUnknown, storedAttempt, UnknownCommits } from "./saving/unknown-outcome.ts";
import { viewOf } from "./reading/view.ts";
import { watchCommits, watchSummaries, type WatchOptions } from "./reading/watch.ts";

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
export class SessionStore extends StoreUpkeep {
  readonly #durability: Durability;
  /** How many tokens a message adds, as this store counts them. */
  readonly estimateTokens: TokenEstimator;
  readonly #saves: SessionSaves;
  readonly #unknown = new UnknownCommits();
  readonly #redact: Redact | undefined;

  constructor(location: string | StorageEngine, options: SessionStoreOptions = {}) {
    super(location, options);
    const { redact } = options;
    this.estimateTokens = options.estimateTokens ?? estimateTokens;
    this.#saves = new SessionSaves(
      this.engine,
      (id, all) => this.#commit(id, all),
      redact,
      this.estimateTokens,
    );
    this.#redact = redact;
    this.#durability = options.durability ?? "disk";
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

  /**
   * Stores what has changed since this session was last saved or loaded here; everything, for a new one. Saves of one
   * session queue. When it resolves, the change is durable; `unchanged` says that there was none.
   *
   * A save that failed with an unknown outcome may be repeated, also when the session has changed since: what was stored
   * of it is not stored again, and is no conflict. That holds for the same session object in the same store. With an
   * `operationId` the same change may be repeated by anyone.
   *
   * @throws {ReadOnlySessionError} for a view: what `load` returned with options.
   * @throws {OperationMismatchError} when the operation id was used for another change.
   * @throws {ConflictError} when someone else has changed the session since; load it again and repeat the change.
   * @throws {LeaseLostError} when it names a lease that is lost.
   * @throws {InvalidSessionError} when a field cannot be stored.
   * @throws {StorageError} with `outcome`.
   */
  async save(session: AgentSession, options: SaveOptions = {}): Promise<Saved> {
    this.assertOpen();
    if ((session as unknown) instanceof SessionView) throw new ReadOnlySessionError(session.id);
    checkSession(session);
    checkOptions(options);
    return await this.#saves.save(session, options);
  }

  /**
   * The session at its current revision, `undefined` when there is none.
   * @throws {InvalidSessionIdError | CorruptSessionError | NewerFormatError}
   */
  async load(id: string, options?: LoadOptions): Promise<AgentSession | undefined>;
  /**
   * A part of it, or an earlier revision of it: a view for reading, which cannot be saved.
   * @throws {InvalidArgumentError} when there is no such revision.
   */
  async load(id: string, options: ViewOptions): Promise<SessionView | undefined>;
  /** Either, when the options may be left out. */
  async load(id: string, options: MaybeView): Promise<AgentSession | SessionView | undefined>;
  async load(id: string, options: MaybeView = {}): Promise<AgentSession | SessionView | undefined> {
    const sessionId = parseSessionId(id);
    this.assertOpen();
    checkOptions(options, ["mayBeBehind"]);
    if (options.lastMessages !== undefined || options.revision !== undefined)
      return await viewOf(this.engine, sessionId, options);
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

  /**
   * The session at its current revision, or at an earlier one, to be read piece by piece while it goes on: head, revision
   * and messages of one moment. `undefined` when there is none. An earlier revision is made from the history, in memory.
   * @throws {InvalidSessionIdError | CorruptSessionError | NewerFormatError}
   * @throws {InvalidArgumentError} when there is no such revision.
   * @example
   * using snapshot = await store.read(id);
   * for await (const { message } of snapshot?.messages() ?? []) console.log(message.content);
   */
  async read(id: string, options: SnapshotOptions = {}): Promise<SessionSnapshot | undefined> {
    const sessionId = parseSessionId(id);
    this.assertOpen();
    checkOptions(options);
    const { revision } = options;
    const source = await (revision === undefined
      ? snapshotOf(this.engine, sessionId)
      : snapshotAt(this.engine, sessionId, revision));
    if (source === undefined) return undefined;
    const snapshot = new SessionSnapshot(source, this.iterations);
    try {
      this.assertOpen();
    } catch (error) {
      snapshot.close();
      throw error;
    }
    return snapshot;
  }

  /**
   * The revisions of a session, newest first, as they are asked for: what each one changed, without its messages.
   * `load(id, { revision })` and `read(id, { revision })` open any of them, `fork` goes on from it.
   * @throws {SessionNotFoundError | InvalidSessionIdError | CorruptSessionError} with the step that meets it.
   * @example
   * for await (const { revision, at, messageCount } of store.history(id)) console.log(revision, at, messageCount);
   */
  history(id: string): AsyncIterable<Revision> {
    return this.iterations.of(() => historyOf(this.engine, parseSessionId(id)));
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
   * Holds a session, so that one agent at a time works on it: until the lease is released, its process dies (on
   * PostgreSQL: 30 seconds later), the store's engine is closed, or someone takes it over. The session need not be there
   * yet. Only writes that name the lease depend on it; all others go on as before.
   * @throws {LeaseHeldError} at once, when someone else holds it and `takeOver` is not set.
   * @example
   * await using lease = await store.lease(id, { by: "reviewer" });
   * const session = await store.load(id);
   * … // the model's turn
   * await store.save(session, { lease });
   */
  async lease(id: string, options: LeaseOptions): Promise<SessionLease> {
    const sessionId = parseSessionId(id);
    this.assertOpen();
    checkOptions(options, ["takeOver"]);
    return new SessionLease(sessionId, await this.engine.lease(sessionId, options));
  }

  /**
   * Removes a session, and with it the sessions of its sub-agents, which go first. When it resolves, they stay removed;
   * when it is interrupted, it can be repeated.
   * @returns false when there was none, which is no error.
   */
  async delete(id: string, options: DeleteOptions = {}): Promise<boolean> {
    const sessionId = parseSessionId(id);
    this.assertOpen();
    checkOptions(options, ["trash", "subagents"]);
    return await traced("delete", { id: sessionId }, () => deleteSession(this.engine, sessionId, options));
  }

  /** The ids of all sessions, last changed first: Astrid's verb. */
  async list(): Promise<SessionId[]>;
  /**
   * A page of summaries, newest first, the cursor of the next page, and everything in the store that cannot be read.
   * Without `limit` the page holds all.
   * @throws {InvalidArgumentError} when the query makes no sense.
   */
  async list(query: ListQuery): Promise<ListPage>;
  async list(query?: ListQuery): Promise<SessionId[] | ListPage> {
    if (query !== undefined) return await this.#page(query);
    const { sessions } = await this.#page({});
    return sessions.map(({ id }) => id);
  }

  /**
   * The summaries of all sessions that match, newest first, page after page as they are asked for; at most `limit`. What
   * cannot be read is in `list(query).unreadable`.
   * @throws {InvalidArgumentError} with the first step, when the query makes no sense.
   */
  sessions(query: ListQuery = {}): AsyncIterable<SessionSummary> {
    return this.iterations.of(() => summariesOf((page) => this.#page(page), query));
  }

  /** The summaries of all sessions that match at once: Astrid's verb for `sessions`. */
  async listWithMetadata(query: ListQuery = {}): Promise<SessionSummary[]> {
    const { sessions } = await this.#page(query);
    return sessions;
  }

  async #page(query: ListQuery): Promise<ListPage> {
    this.assertOpen();
    checkQuery(query);
    return await traced("list", { query }, () => this.engine.list(query));
  }

  /** The session that was changed last; those of sub-agents and archived ones only when the query includes them. */
  async mostRecent(query: ListQuery = {}): Promise<AgentSession | undefined> {
    checkQuery(query);
    const { includeSubagents = false, archived = false } = query;
    const page = await this.#page({ ...query, includeSubagents, archived, limit: 1 });
    const [latest] = page.sessions;
    return latest === undefined ? undefined : await this.load(latest.id);
  }

  /**
   * The sessions of the workspace that `path` is in: by its id where it has one, by git's common directory (the work
   * trees of a repository are one workspace), by its real path, and by `path` as it was written. Where the directory has
   * an id, sessions with another are another project's.
   */
  async listForWorkspace(
    path: string,
    query: Omit<ListQuery, "workspace" | "limit" | "cursor"> = {},
  ): Promise<SessionSummary[]> {
    this.assertOpen();
    checkText(path, "path");
    checkQuery(query);
    return await sessionsOfWorkspace(path, this.engine, query);
  }

  /**
   * The workspaces that sessions belong to, the one that was used last first: how many sessions and messages, when one
   * changed last, and whether the workspace is still there. One that was deleted is listed too.
   */
  async workspaces(): Promise<WorkspaceSummary[]> {
    return await workspacesOf(this.sessions());
  }

  /**
   * What sessions take in the store, by session, workspace or source, the most first; with `content`, what their
   * messages consist of, for which every message is read.
   * @example `for (const { key, bytes } of await store.usage({ by: "workspace" })) console.log(key, bytes);`
   */
  async usage(query: UsageQuery = {}): Promise<Usage[]> {
    return await usageOf(this.engine, this.sessions(), query);
  }

  /**
   * Gives sessions another workspace, after a project was renamed or moved without its id: those whose workspace is
   * `from` (as it was written), lies below it, or has that id. They get the id that is found at their new place, and
   * none where there is none. One commit for each session, which leaves its time as it was; cut short, it may be
   * repeated. Whoever has one of them loaded has to load it again.
   * @param from a path, also of another system, or a workspace's id.
   * @returns what was (with `dryRun`: would be) changed.
   * @throws {InvalidArgumentError | StorageError}
   * @example await store.relink("/home/me/old-name", "/home/me/new-name");
   */
  async relink(from: string, to: string, options: RelinkOptions = {}): Promise<Relinked[]> {
    checkOptions(options, ["dryRun"]);
    return await relink(this.sessions(), (id, commit) => this.#commitAgain(id, commit), from, to, options);
  }

  /** One session's summary. @throws {CorruptSessionError | NewerFormatError} */
  async summary(id: string): Promise<SessionSummary | undefined> {
    const sessionId = parseSessionId(id);
    this.assertOpen();
    return await this.engine.summary(sessionId);
  }

  /**
   * Adds messages to the end of a stored session without loading it. When the outcome is unknown, the same append may be
   * repeated with the same `operationId` or `expectedRevision`, and is stored once. Without either, a repetition is a
   * further append. Of no messages nothing is stored, as `unchanged` says.
   * @throws {SessionNotFoundError | ConflictError | OperationMismatchError | InvalidMessageError | StorageError}
   * @throws {LeaseLostError} when it names a lease that is lost.
   */
  async append(id: string, messages: readonly Message[], options: AppendOptions = {}): Promise<Saved> {
    const sessionId = parseSessionId(id);
    checkArray(messages, "messages");
    checkOptions(options);
    this.assertOpen();
    const { engine, estimateTokens } = this;
    const commit = (one: Commit): Promise<Committed> => this.#commitAgain(sessionId, one);
    return await append({ engine, estimateTokens, commit }, sessionId, messages, options);
  }

  /**
   * Stores one change of a session as it is given, whatever a session object knows: messages, fields and items of side
   * lists together, or none of it. `base` 0 creates the session. When the outcome is unknown, the same commit may be
   * repeated if it has a base or an operation id, and is stored once.
   * @throws {ConflictError | OperationMismatchError | SessionNotFoundError | InvalidMessageError | InvalidSessionError}
   * @throws {LeaseLostError} when it names a lease that is lost.
   * @throws {InvalidArgumentError} when the commit makes no sense.
   * @throws {StorageError} with `outcome`.
   */
  async commit(id: string, commit: Commit): Promise<Committed> {
    const sessionId = parseSessionId(id);
    checkParts(commit);
    if (commit.set !== undefined) checkHead(commit.set);
    if (commit.splice === undefined) return await this.#commitAgain(sessionId, commit);
    const [start, deleteCount, messages] = commit.splice;
    const checked = messages.map((message) => Message.from(message));
    return await this.#commitAgain(sessionId, { ...commit, splice: [start, deleteCount, checked] });
  }

  /** Stores new sessions that rest, all of them in little more time than one; see `StorageEngine`. @internal */
  async createPacked(sessions: readonly NewSession[]): Promise<Created[]> {
    this.assertOpen();
    return await this.untilAnswered(createPacked({ engine: this.engine, redact: this.#redact }, sessions));
  }

  /**
   * Items of a session's side lists: what a framework keeps beside the messages. They are added with `commit`.
   * @throws {SessionNotFoundError | InvalidSessionIdError | InvalidArgumentError} with the first step.
   */
  sideItems(id: string, range: SideRange = {}): AsyncIterable<SideItem> {
    return this.iterations.of(() => this.engine.sideItems(parseSessionId(id), checkedRange(range)));
  }

  /**
   * The messages of a session, from the start or from the end, without loading it whole. They are those of the revision
   * that is current at the first step; `read` gives the head that belongs to them.
   * @throws {SessionNotFoundError | InvalidSessionIdError | InvalidArgumentError} with the first step.
   */
  messages(id: string, range: MessageRange = {}): AsyncIterable<PositionedMessage> {
    return this.iterations.of(() => this.engine.messages(parseSessionId(id), checkedRange(range)));
  }

  /**
   * A new session with everything that another one held, at its current or at an earlier revision, or with its first
   * `position` messages; the other stays as it is. It is stored when this resolves. Its title ends with `(fork)`,
   * `metadata.custom.forked_from` says where it comes from (`<id>@<revision>`), `taken_over` how many of its
   * messages it took over.
   * @throws {SessionNotFoundError | InvalidArgumentError}
   */
  async fork(id: string, at: ForkAt = {}): Promise<AgentSession> {
    checkOptions(at);
    const { id: forkId, head, messages, side } = await forked(this.#sessions, parseSessionId(id), at);
    const fork = AgentSession.fromStored(forkId, head, messages, this.estimateTokens);
    await this.#saves.save(fork, { side });
    return fork;
  }

  /**
   * Takes a session back: behind its first `position` messages, or to what it held at a `revision`. What it leaves stays
   * in its history, and `undo` brings it back. Whoever has the session loaded has to load it again.
   * @returns what was committed; `undefined` when the session is there already.
   * @throws {SessionNotFoundError | InvalidArgumentError | ConflictError | LeaseLostError | StorageError}
   * @example await store.rewind(id, { position: 12 });
   */
  async rewind(id: string, to: RewindTo, options: UnderLease = {}): Promise<Committed | undefined> {
    checkOptions(to);
    return await rewind(under(this.#sessions, id, options), parseSessionId(id), to);
  }

  /**
   * Takes back the latest `rewind` or `compact` of a session. What was said since a rewind is left as a rewind leaves
   * it: `undo` once more goes there again. A fork has what was done to itself to take back, and the summary that it began with.
   * @returns which of the two it was; `undefined` when there is none.
   * @throws {SessionNotFoundError | InvalidArgumentError | ConflictError | LeaseLostError | StorageError}
   */
  async undo(id: string, options: UnderLease = {}): Promise<"rewind" | "compact" | undefined> {
    return await undo(under(this.#sessions, id, options), parseSessionId(id));
  }

  /**
   * Lets a summary stand for the beginning of a session when a model is sent it: see `AgentSession.context`. What was
   * said stays in the session, and `undo` takes the summary away. A call and its result are never parted.
   * @returns what was committed; `undefined` when there is nothing to shorten.
   * @throws {SessionNotFoundError | InvalidArgumentError | ConflictError | LeaseLostError | StorageError}
   * @example await store.compact(id, { summary: (messages) => summarise(messages), keepRecent: 10 });
   */
  async compact(id: string, options: CompactOptions & UnderLease): Promise<Committed | undefined> {
    checkOptions(options);
    return await compact(under(this.#sessions, id, options), parseSessionId(id), options);
  }

  /**
   * Renames, tags, pins or archives a session without loading it; it conflicts with nothing that others write to it,
   * and leaves the session's time (`updatedAt`) as it was.
   * @returns what was committed; `undefined` when the session is like that already.
   * @throws {SessionNotFoundError | InvalidArgumentError | InvalidSessionError | LeaseLostError | StorageError}
   * @example await store.organize(id, { title: "Parser", addTags: ["work"], pinned: true });
   */
  async organize(id: string, changes: Organized, options: UnderLease = {}): Promise<Committed | undefined> {
    checkOptions(changes);
    return await organize(under(this.#sessions, id, options), parseSessionId(id), changes);
  }

  /**
   * The calls of tools that have no result in a session, and the results that have no call, by the positions of their
   * messages. An interrupted run leaves such; `AgentSession.context` leaves them out.
   * @throws {SessionNotFoundError | CorruptSessionError | StorageError}
   */
  async unpaired(id: string): Promise<readonly Unpaired[]> {
    return await unpairedIn(this.messages(id));
  }

  get #sessions(): Sessions {
    this.assertOpen();
    return {
      engine: this.engine,
      estimate: this.estimateTokens,
      commit: (id, commit) => this.#commitAgain(id, commit),
    };
  }

  /**
   * Messages and titles in which all of the words occur, best first. `"a phrase"`, `prefix*`, code (`foo_bar.baz`,
   * `--flag`, paths) and scripts without spaces work; no text is an error. What was saved before this call is found.
   * A message that forks took over is one find. Not looked through: images and files, and what looks like base64.
   */
  async search(text: string, query: Omit<SearchQuery, "text"> = {}): Promise<SearchHit[]> {
    this.assertOpen();
    return await traced("search", { text, query }, () => searchOnce(this.engine, text, query));
  }

  /**
   * The commits of a session as they become durable, by whichever process, from behind the current revision (or
   * `after`) on; none is left out and none comes twice. Ends when the session is removed, with the signal, and when the
   * store is closed.
   * @throws {SessionNotFoundError | InvalidSessionIdError} with the first step.
   */
  watch(id: string, options: WatchOptions = {}): AsyncIterable<StoredCommit> {
    return this.iterations.endless(() => {
      checkWatch(options);
      const { after, signal } = options;
      return watchCommits(this.engine, parseSessionId(id), { after, signal: this.#untilClosed(signal) });
    });
  }

  /**
   * The summaries of sessions that match, each time one has changed, by whichever process; changes that are close may be
   * told as one. Ends with the signal, and when the store is closed.
   * @throws {InvalidArgumentError} with the first step, when the query makes no sense.
   */
  watchSessions(
    query: ListQuery = {},
    options: Omit<WatchOptions, "after"> = {},
  ): AsyncIterable<SessionSummary> {
    return this.iterations.endless(() => {
      checkWatch(options);
      return watchSummaries(this.engine, query, { signal: this.#untilClosed(options.signal) });
    });
  }

  #untilClosed(signal: AbortSignal | undefined): AbortSignal {
    const { closing } = this.iterations;
    return signal === undefined ? closing : AbortSignal.any([signal, closing]);
  }

  /** Stores a commit, which may be one that failed before with an unknown outcome and was stored all the same. */
  async #commitAgain(id: SessionId, whole: Commit): Promise<Committed> {
    const commit = this.#redact === undefined ? whole : redactCommit(whole, this.#redact);
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
    this.assertOpen();
    return await this.untilAnswered(
      traced("commit", { id }, () => this.engine.commit(id, commit, this.#durability)),
    );
  }
}
