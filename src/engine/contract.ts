import type { Commit, Committed } from "../session/commit.ts";
import type { SessionStoreError } from "../session/errors/errors.ts";
import type { HeadChanges, SessionHead } from "../session/head.ts";
import type { Message } from "../session/message.ts";
import type { SessionId } from "../session/session-id.ts";
import type { Json } from "../session/json/json.ts";
import type { SideLists } from "../session/side-lists.ts";
import type { SessionSummary } from "../session/summary/summary.ts";
import type { GivenUp, GiveUpOptions, KeptFrom } from "./give-up.ts";
import type { EngineLease, LeaseOptions } from "./lease.ts";
import type { Created, NewSession } from "./new-session.ts";
import type { RewriteOptions, Rewritten, SessionEdit } from "./session-edit.ts";
import type { SearchLeavesOut } from "./search/search-leaves-out.ts";

/**
 * When a commit counts as stored. `disk`: when it survives a power cut, as far as the device honours a flush.
 * `process`: when it survives the death of the process, not of the system.
 */
export type Durability = "disk" | "process";

/** What an engine can do, as data; the conformance suite tests both sides. */
export interface EngineCapabilities {
  /** Sessions outlive the engine object: a new engine on the same location finds them. */
  readonly persistent: boolean;
  /** Several processes may use one location at once. */
  readonly multiProcess: boolean;
  /** Removed sessions can be kept in a trash and restored. */
  readonly trash: boolean;
  /** `checkpoint` writes something. */
  readonly checkpoints: boolean;
  /** Messages can be searched. */
  readonly search: boolean;
}

/** A session as it is stored, at one revision. */
export interface StoredSession {
  readonly id: SessionId;
  readonly revision: number;
  /** Identifies this revision's content; pass it back as `Commit.baseTag`. */
  readonly tag: string;
  readonly updatedAt: string;
  readonly head: SessionHead;
  readonly messages: Message[];
}

/** A stored session without its messages. */
export type StoredHead = Omit<StoredSession, "messages"> & { readonly messageCount: number };

/**
 * One revision of one life of a session. Head and messages stay those of this revision, whatever happens to the session
 * meanwhile: commits, a removal for good, a new life under the id.
 */
export interface Snapshot extends StoredHead {
  /** Messages of this revision. May be called any number of times. */
  messages(range?: MessageRange): AsyncIterable<PositionedMessage>;
  /** Lets go of it. Reading its messages rejects from now on, with a typed error; closing it again does nothing. */
  close(): void;
}

/** Which messages of a session to read; positions count from 0. */
export interface MessageRange {
  /** First position. Default: 0. */
  readonly from?: number | undefined;
  /** Position behind the last. Default: the end. */
  readonly to?: number | undefined;
  /** At most so many. Default: no limit. */
  readonly limit?: number | undefined;
  /** Newest first. Default: false. */
  readonly reverse?: boolean | undefined;
}

export interface PositionedMessage {
  readonly position: number;
  readonly message: Message;
}

/** Which items of a session's side lists to read. */
export interface SideRange {
  /** Items of this list only. Default: of all. */
  readonly list?: string | undefined;
  /** First position. Default: 0. */
  readonly from?: number | undefined;
  /** At most so many. Default: no limit. */
  readonly limit?: number | undefined;
}

/** An item of a side list. */
export interface SideItem {
  /** Counted from 0 over all of the session's items, whatever their list, in the order in which they were stored. */
  readonly position: number;
  readonly list: string;
  readonly item: Json;
}

/** Which sessions to list, and how. */
export interface ListQuery {
  /** Sessions of this workspace. */
  readonly workspace?: WorkspaceQuery | undefined;
  readonly user?: string | undefined;
  readonly model?: string | undefined;
  /** Sessions that this program or framework made: see `SessionSummary.source`. */
  readonly source?: string | undefined;
  readonly tag?: string | undefined;
  /** Updated at or after this time (RFC 3339). */
  readonly since?: string | undefined;
  /** Updated before this time (RFC 3339). */
  readonly until?: string | undefined;
  /** Part of the title, whatever the case. */
  readonly titleMatches?: string | undefined;
  /** Sessions of this session's sub-agents. */
  readonly parentId?: SessionId | undefined;
  /** Only pinned sessions, or with `false` only others. Default: both. */
  readonly pinned?: boolean | undefined;
  /** Only archived sessions, or with `false` only others. Default: both for a listing, others for the most recent. */
  readonly archived?: boolean | undefined;
  /** Sessions of sub-agents too. Default: true for a listing, false for the most recent session. */
  readonly includeSubagents?: boolean | undefined;
  /** Default: `updated`. Newest first in both. */
  readonly order?: "updated" | "created" | undefined;
  /** Default: no limit. */
  readonly limit?: number | undefined;
  /** `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
  /** See `ReadOptions`. Default: false. */
  readonly mayBeBehind?: boolean | undefined;
}

/** A workspace: its path as sessions have it, its id, any of the places where they say that they belong, or several of these. */
export interface WorkspaceQuery {
  readonly path?: string | undefined;
  readonly id?: string | undefined;
  /** Each to the letter: the path and the id that is beside it. See `SessionStore.workspaceAt`. */
  readonly places?: readonly { readonly path: string | null; readonly id: string | null }[] | undefined;
}

/** How a session is read. */
export interface ReadOptions {
  /**
   * The answer may lack what was stored last: an engine that has replicas may ask one of them, and files answer lists and
   * searches from their index as it is, which says nothing of what cannot be read. Default: false.
   */
  readonly mayBeBehind?: boolean | undefined;
}

/** One commit as it is stored. */
export interface StoredCommit {
  readonly revision: number;
  readonly tag: string;
  readonly at: string;
  readonly operationId?: string | undefined;
  /** `[start, deleteCount, messages]`, with the start resolved. */
  readonly splice?: readonly [start: number, deleteCount: number, messages: readonly Message[]] | undefined;
  readonly set?: HeadChanges | undefined;
  /** What was added to the session's side lists. */
  readonly side?: SideLists | undefined;
  readonly tokenCount: number;
  /** The number of messages after it. */
  readonly messageCount: number;
  /** It takes over what someone else changed in the session's document. */
  readonly isForeign?: true | undefined;
  /** The session was removed by this commit. */
  readonly removed?: true | undefined;
}

/** What to look for in the messages. */
export interface SearchQuery extends SearchLeavesOut {
  /**
   * Words that all occur; `"a phrase"`; `prefix*`. Nothing in it is an error. Behind those that have the words as they
   * are come words that go on and parts of identifiers; where nothing is found, words that are one letter away.
   */
  readonly text: string;
  readonly workspace?: ListQuery["workspace"];
  readonly user?: string | undefined;
  /** Messages in which this one speaks: a tool's answer is `tool`'s, also where it is stored in a person's name. */
  readonly role?: string | undefined;
  /** Messages that call this tool, whatever the case. */
  readonly tool?: string | undefined;
  /** Sessions that this program or framework made: see `SessionSummary.source`. */
  readonly source?: string | undefined;
  readonly tag?: string | undefined;
  /** Sessions with this in their workspace's path, whatever the case of ASCII letters. */
  readonly directory?: string | undefined;
  /** Sessions updated at or after this time (RFC 3339). */
  readonly since?: string | undefined;
  /** Sessions updated before this time (RFC 3339). */
  readonly until?: string | undefined;
  /** Default: 20. */
  readonly limit?: number | undefined;
  /** See `ReadOptions`. Default: false. */
  readonly mayBeBehind?: boolean | undefined;
}

/** A message (or a title) that was found; best first. Of very many, an engine may rank only those stored last. */
export interface SearchHit {
  readonly id: SessionId;
  readonly title: string | null;
  /** The message's position in the session; `undefined` when the title was found. */
  readonly position: number | undefined;
  /** Who speaks in it: `tool` for what a tool answered, whatever role it is stored with. */
  readonly role: string | undefined;
  /** A piece of the text around the find. */
  readonly snippet: string;
  /** Where the finds stand in the snippet: `[start, end]` in UTF-16 code units. */
  readonly marks: readonly (readonly [start: number, end: number])[];
  readonly updatedAt: string;
  /** Of a message that a fork took over: the session in which it was said, which may be gone. */
  readonly takenFrom?: SessionId | undefined;
  /** Forks that took this message over and have it still, of those that were found with it. Engines leave it out: `SessionStore.search` tells it. */
  readonly alsoIn?: readonly SessionId[] | undefined;
}

/** Where a session says that it belongs. */
export interface WorkspacePlace {
  readonly path: string;
  readonly id: string | null;
}

/** Something in the store that cannot be read as a session. It is kept as it is. */
export interface Unreadable {
  readonly id: SessionId | undefined;
  /** Where it is: a path, or a key. */
  readonly where: string;
  readonly error: SessionStoreError;
}

export interface ListPage {
  readonly sessions: SessionSummary[];
  /** Everything of the place that cannot be read, on whatever page it would be. */
  readonly unreadable: Unreadable[];
  readonly nextCursor: string | undefined;
}

/** Something that an engine noticed and that a person may want to know. */
export interface EngineReport {
  readonly kind:
    /** A write that a crash cut short was set aside; whether it had been acknowledged cannot be known. */
    | "torn-tail"
    /** Damaged bytes that cost history only, or a damaged copy that was rebuilt. */
    | "damage"
    /** Unreadable bytes were moved to the quarantine. */
    | "quarantined"
    /** Someone else changed the session's document; the change became a revision. */
    | "foreign-change"
    /** The session's document is gone: someone else removed it, or a deletion on a full disk was cut short. It is in the trash. */
    | "foreign-delete"
    /** A checkpoint could not be written; the session is safe in its journal. */
    | "checkpoint-failed"
    /** A file whose sync failed was replaced by a new one. */
    | "journal-replaced"
    /** A session's lock could not be given back in order; others may have to wait for it. */
    | "lock-failed";
  readonly sessionId: SessionId;
  /** A sentence for a person. */
  readonly message: string;
  readonly error?: Error | undefined;
}

/** How far something that takes long has got. */
export interface EngineProgress {
  /** The derived index is being brought up to what is stored: sessions. */
  readonly kind: "index";
  readonly done: number;
  readonly total: number;
}

/** Told what an engine notices. What it throws becomes an uncaught exception; no call fails because of it. */
export interface EngineListener {
  readonly report?: ((report: EngineReport) => void) | undefined;
  readonly progress?: ((progress: EngineProgress) => void) | undefined;
}

export interface RemoveOptions {
  /** Keep the session where `restore` finds it. Default: false. */
  readonly trash?: boolean | undefined;
  /** Only while the session is as its summary says; nothing that cannot be read goes then. Default: whatever it is. */
  readonly ifUnchanged?: Pick<SessionSummary, "revision" | "updatedAt"> | undefined;
  /** Why it goes: the removal is in the log then. Default: it is in no log. */
  readonly note?: RemovalNote | undefined;
}

/** Why something was removed, as the log tells it. */
export interface RemovalNote {
  /** Names the call that removed it: what went by one call has the same. */
  readonly run: string;
  /** The rule, in words. */
  readonly rule: string;
  /** How the rule comes to this session, in words. */
  readonly reason: string;
}

/** What the log says of one removal. */
export interface Removal extends RemovalNote {
  readonly id: SessionId;
  /** RFC 3339. */
  readonly removedAt: string;
  /** `trash`: it went to the trash, wherever it is now. `gone`: it was removed for good, at once or from the trash. */
  readonly to: "trash" | "gone";
  readonly title: string | null;
  readonly messageCount: number;
}

/** A life of a session that is in the trash. An id that was used again can have several there. */
export interface TrashedSession {
  readonly id: SessionId;
  readonly removedAt: string;
  readonly title: string | null;
  readonly messageCount: number;
  /** Bytes that it takes in the store, as those of a summary; on files the part of the journal that it alone needs. */
  readonly bytes: number;
  /** The session that it was a sub-agent of. */
  readonly parentId: SessionId | null;
}

/** What `verify` found of one session. */
export interface Verification {
  readonly id: SessionId;
  readonly state: "ok" | "repairable" | "damaged";
  readonly revision: number;
  readonly messageCount: number;
  /** Sentences; empty when all is well. */
  readonly findings: readonly string[];
  /** The session is packed. */
  readonly packed?: true;
}

/** What `pack` made of a session. */
export interface Packing {
  readonly id: SessionId;
  /**
   * `packed`: by this call. `was-packed`: before it. `held`: someone holds it under a lease. `changed`: someone wrote to
   * it meanwhile. `not-smaller`: packed, it would take no less. But for the first, nothing was done.
   */
  readonly state: "packed" | "was-packed" | "held" | "changed" | "not-smaller";
  /** Bytes that the session took in the store, and takes now. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/** What `repair` did to one session. */
export interface Repair {
  readonly id: SessionId;
  /** Sentences; empty when there was nothing to do. */
  readonly actions: readonly string[];
  /** Revisions that could not be brought back; `undefined` when it cannot be known how many they are. */
  readonly lostRevisions: number | undefined;
}

/** How the server behind an engine is. */
export interface EngineHealth {
  /** The server's version. */
  readonly server: string;
  readonly isPrimary: boolean;
  /** The version of the tables, 0 where there are none, and the one that this package works with. */
  readonly tables: { readonly version: number; readonly expected: number };
  /** Of all clients of the server. */
  readonly connections: { readonly used: number; readonly most: number };
  /** As far as the role may see them. */
  readonly standbys: readonly {
    readonly name: string;
    readonly isSynchronous: boolean;
    readonly bytesBehind: number;
  }[];
  /** Sessions of the tenant whose words are not all indexed (10,000 at most); `undefined` before the first search. */
  readonly searchBehind: number | undefined;
}

/** What is too old to be kept. */
export interface ExpireOptions {
  /** Sessions that did not change since this time (RFC 3339) go to the trash. Default: none. */
  readonly unchangedSince?: string | undefined;
  /** What went to the trash before this time (RFC 3339) is removed for good. Default: nothing. */
  readonly trashedBefore?: string | undefined;
  /** Of every tenant that the role may see. Default: false. */
  readonly allTenants?: boolean | undefined;
}

export interface Expired {
  readonly tenants: number;
  /** Sessions that went to the trash. */
  readonly trashed: number;
  /** Sessions that were removed for good. */
  readonly removed: number;
}

/**
 * A place where sessions are kept. One contract for every engine; `astrid-sessions/conformance` tests it. Callers
 * have checked their arguments: ids are ids, messages are frozen messages.
 *
 * Whoever makes an engine closes it; several stores may use one at once.
 *
 * An id has lives: each begins with a commit of base 0, whose revision is 1, and ends with `remove`. Nothing of one life
 * is seen in another: not its messages, not its operation ids. Within a life `updatedAt`, and the time of each commit,
 * never goes back, whatever the clock and `Commit.at` say.
 */
export interface StorageEngine {
  /** For errors and reports: `file`, `memory`, … */
  readonly name: string;
  /** Where it is, for a person. */
  readonly location: string;
  readonly capabilities: EngineCapabilities;

  /**
   * Tells a listener what the engine notices from now on, outside of the engine's own work. Any number may listen.
   * `EngineEvents` does it.
   * @returns ends it.
   */
  subscribe(listener: EngineListener): () => void;

  /**
   * Stores one change. When it resolves, the change is as durable as `durability` says (default `disk`).
   * @throws {ConflictError} when the session is at another revision than `base`.
   * @throws {OperationMismatchError} when the operation id was used for another change.
   * @throws {SessionNotFoundError} without `base`, when there is no such session.
   * @throws {StorageError} with `outcome`.
   */
  commit(id: SessionId, commit: Commit, durability?: Durability): Promise<Committed>;

  /**
   * The whole session at its current revision, or `undefined` when there is none. Changes nothing.
   * @throws {CorruptSessionError | NewerFormatError}
   */
  read(id: SessionId, options?: ReadOptions): Promise<StoredSession | undefined>;

  /**
   * The session without its messages, or `undefined`. An engine without it is asked for the whole session instead.
   * @throws {CorruptSessionError | NewerFormatError}
   */
  head?(id: SessionId): Promise<StoredHead | undefined>;

  /**
   * The session's current revision, to be read while it goes on; `undefined` when there is none. An engine without it
   * is asked for head and messages until both are of one revision. `close` of the engine closes its snapshots. Where the
   * messages of a session that is removed for good are gone, reading them rejects with `SESSION_NOT_FOUND`.
   * @throws {CorruptSessionError | NewerFormatError}
   */
  snapshot?(id: SessionId): Promise<Snapshot | undefined>;

  /**
   * Messages of the revision that was current when the reading began.
   * @throws {SessionNotFoundError}
   */
  messages(id: SessionId, range: MessageRange): AsyncIterable<PositionedMessage>;

  /**
   * Items of the session's side lists at the revision that was current when the reading began. They only grow: an
   * item keeps its position, and none is changed or taken away while the session is there.
   * @throws {SessionNotFoundError}
   */
  sideItems(id: SessionId, range: SideRange): AsyncIterable<SideItem>;

  /**
   * The commits after revision `after`, oldest first, up to the one that is current; `after` 0 is the whole history.
   * @throws {InvalidArgumentError} when the history before `after` was given up.
   */
  commits(id: SessionId, after: number): AsyncIterable<StoredCommit>;

  /**
   * Yields whenever sessions may have changed, by this process or another: the id of one, or `undefined` for any.
   * A hint only: it may be too often, but never misses a change for longer than a second. The first comes by itself,
   * when the watching has begun: every change behind it is told. Ends with the signal.
   */
  changes(signal: AbortSignal): AsyncIterable<SessionId | undefined>;

  /** @throws {NotSupportedError} where the capability is missing. */
  search(query: SearchQuery): Promise<SearchHit[]>;

  /** One session's summary, or `undefined`. */
  summary(id: SessionId): Promise<SessionSummary | undefined>;

  /** A page of summaries and whatever cannot be read. Changes nothing. */
  list(query: ListQuery): Promise<ListPage>;

  /**
   * The workspace paths that sessions have, with the workspace id beside each; every pair once, in no order. An engine
   * without it is asked for all summaries instead.
   */
  workspacePlaces?(): Promise<WorkspacePlace[]>;

  /**
   * Holds a session, which need not be there yet, for one caller at a time: until the lease is released, the engine is
   * closed, its owner dies (on a server: a while later), or someone takes it over. Commits that do not name the lease go
   * on as before.
   * @throws {LeaseHeldError} at once, when someone else holds it and it is not to be taken over.
   */
  lease(id: SessionId, options: LeaseOptions): Promise<EngineLease>;

  /**
   * Removes a session: ends its life. False when there was none. Earlier lives that are in the trash stay there.
   * @throws {ConflictError} when the session is not as `ifUnchanged` says; nothing was removed.
   */
  remove(id: SessionId, options?: RemoveOptions): Promise<boolean>;

  /** Every life that is in the trash, last removed first. */
  trashed(): Promise<TrashedSession[]>;

  /**
   * Brings back, of the lives that the trash has of an id, the one that was removed last, by the order of the removals
   * and not by the clock. Its time is that of the restore. False when it has none.
   * @throws {ConflictError} when the id is in use.
   */
  restore(id: SessionId): Promise<boolean>;

  /**
   * Removes for good what went to the trash before `before` (RFC 3339); without `before` everything, whatever the clock
   * says. With it goes what `remove` was to remove for good, with a note, and could not before a crash.
   * @param note has what goes noted in the log.
   * @returns how many lives.
   * @throws {InvalidArgumentError} when `before` is no time.
   */
  emptyTrash(before?: string, note?: RemovalNote): Promise<number>;

  /**
   * The removals that were given a note, newest first: each that happened, also when the process died right behind it,
   * and none that did not. Restoring a session does not take its removal from the log. An engine without it notes none.
   */
  removals?(): Promise<Removal[]>;

  /**
   * Changes what was ever stored of an id, all lives and the trash included, so that nothing is left of what the edit
   * changes. Revisions, positions and times stay; tags do not: whoever holds the state before gets a conflict. A crash
   * leaves each life as it was or rewritten, whole, and doing it again finishes. The edit may be given parts again.
   * @returns `undefined` when there is nothing of that id.
   * @throws {LeaseHeldError} when somebody else holds the session. @throws {LeaseLostError | CorruptSessionError}
   */
  rewrite?(id: SessionId, edit: SessionEdit, options?: RewriteOptions): Promise<Rewritten | undefined>;

  /**
   * Gives up the history of a session's life before a revision or a time: that revision becomes the first, and holds the
   * session whole; what came behind stays, with its revisions and times. Reading what went is refused from then on, with
   * `INVALID_ARGUMENT` and where the history begins. A crash leaves the session as it was, or without.
   * @returns `undefined` when there is no such session.
   * @throws {LeaseHeldError} when somebody else holds the session. @throws {LeaseLostError | CorruptSessionError}
   */
  giveUp(id: SessionId, from: KeptFrom, options?: GiveUpOptions): Promise<GivenUp | undefined>;

  /** Writes the whole session where other readers of the format find it. */
  checkpoint(id: SessionId): Promise<void>;

  /** Reads everything of a session and says what is wrong with it. Changes nothing. */
  verify(id: SessionId): Promise<Verification>;

  /** Brings a damaged session back to its last good state, as far as its bytes go; unreadable bytes are kept aside. */
  repair(id: SessionId): Promise<Repair>;

  /**
   * Keeps a session that rests in little room; whatever reads it goes on as before, and the first write to it unpacks
   * it, as does `checkpoint`. Other readers of the format do not see it meanwhile. An engine without it has no other form
   * of a session.
   * @throws {SessionNotFoundError | CorruptSessionError | ZstdMissingError}
   */
  pack?(id: SessionId): Promise<Packing>;

  /**
   * Stores new sessions that rest, packed from the beginning, and shares what makes them durable: each result is as a
   * commit's. A session of which anything is there already is left to `commit`. An engine without it packs nothing.
   */
  createPacked?(sessions: readonly NewSession[]): Promise<Created[]>;

  /** Makes the tables that it needs, or brings them to this version. Engines on a server have it. */
  migrate?(): Promise<{ readonly before: number; readonly now: number }>;

  /** How the server is. Changes nothing. Engines on a server have it. */
  health?(): Promise<EngineHealth>;

  /** Removes what is too old, in pages. Engines on a server have it. */
  expire?(options: ExpireOptions): Promise<Expired>;

  /**
   * Finishes the commits that are under way and lets go of everything. Iterations of `changes` end, those of messages,
   * side items and commits reject with `StoreClosedError`, as does every later call.
   */
  close(): Promise<void>;
}
