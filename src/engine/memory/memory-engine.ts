import type { Commit, Committed } from "../../session/commit.ts";
import {
  ConflictError,
  OperationMismatchError,
  SessionNotFoundError,
  StoreClosedError,
} from "../../session/errors/errors.ts";
import { EMPTY_HEAD, type SessionHead } from "../../session/head.ts";
import type { Holder } from "../../session/summary/holder.ts";
import { jsonText } from "../../session/json/json.ts";
import type { Message } from "../../session/message.ts";
import type { SessionId } from "../../session/session-id.ts";
import { sideLists, type SideEntry } from "../../session/side-lists.ts";
import { lastPreviewOf, summaryOf, type SessionSummary } from "../../session/summary/summary.ts";
import { applyCommit, checkUnchanged, timeOf, type AppliedCommit } from "../apply-commit.ts";
import type {
  EngineCapabilities,
  EngineListener,
  ListPage,
  ListQuery,
  MessageRange,
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
  StoredSession,
  TrashedSession,
  Verification,
} from "../contract.ts";
import { ChangeFeed } from "../change-feed.ts";
import { EngineEvents } from "../engine-events.ts";
import { fingerprint } from "../fingerprint.ts";
import { historyBegins, type GivenUp, type GiveUpOptions, type KeptFrom } from "../give-up.ts";
import { Iterations } from "../iterations.ts";
import { dateOf, pageOf, sideRangeOf } from "../list-query.ts";
import { messagesIn } from "../messages-in.ts";
import type { EngineLease, LeaseOptions } from "../lease.ts";
import type { RewriteOptions, Rewritten, SessionEdit } from "../session-edit.ts";
import { shortened } from "./give-up.ts";
import { MemoryLeases } from "./memory-leases.ts";
import { MemorySnapshot } from "./memory-snapshot.ts";
import { editedSession, editLog, replaceContent } from "./rewrite.ts";
import { searchSessions } from "./search-sessions.ts";

interface Operation {
  readonly fingerprint: string;
  readonly committed: Committed;
}

interface KeptSession {
  revision: number;
  tag: string;
  updatedAt: string;
  head: SessionHead;
  /** Grows at its end only; any other change makes a new array, so that a reader of the old one is not disturbed. */
  messages: Message[];
  /** Items of the side lists; grows at its end only. */
  side: SideEntry[];
  readonly operations: Map<string, Operation>;
  history: StoredCommit[];
  /** Of the JSON text of every message that was ever stored. */
  bytes: number;
}

/** A life that was removed. */
interface Trashed {
  readonly id: SessionId;
  readonly session: KeptSession;
  readonly removedAt: string;
}

/**
 * Sessions in the memory of one process, for tests and for sessions that need not outlive it. The contract of every
 * other engine, but for what cannot survive: `durability` means nothing here.
 */
export class MemoryEngine implements StorageEngine {
  readonly name = "memory";
  readonly location = "memory:";
  readonly capabilities: EngineCapabilities = {
    persistent: false,
    multiProcess: false,
    trash: true,
    checkpoints: false,
    search: true,
  };
  readonly #sessions = new Map<SessionId, KeptSession>();
  /** In the order in which they were removed. */
  #trash: readonly Trashed[] = [];
  readonly #removals: Removal[] = [];
  readonly #snapshots = new Set<MemorySnapshot>();
  readonly #events = new EngineEvents();
  readonly #changes = new ChangeFeed();
  readonly #iterations = new Iterations();
  readonly #leases = new MemoryLeases();
  #closed = false;

  subscribe(listener: EngineListener): () => void {
    return this.#events.subscribe(listener);
  }

  async commit(id: SessionId, commit: Commit): Promise<Committed> {
    this.#checkOpen();
    const kept = this.#sessions.get(id);
    const { operationId } = commit;
    const earlier = operationId === undefined ? undefined : kept?.operations.get(operationId);
    if (operationId !== undefined && earlier !== undefined) {
      if (earlier.fingerprint !== fingerprint(commit)) throw new OperationMismatchError(id, operationId);
      return { ...earlier.committed, repeated: true };
    }

    if (commit.lease !== undefined) this.#leases.check(id, commit.lease);
    const applied = applyCommit(id, kept && { ...kept, messageCount: kept.messages.length }, commit);
    const session = kept ?? newSession();
    session.revision = applied.revision;
    session.tag = crypto.randomUUID();
    session.updatedAt = applied.at;
    session.head = applied.head;
    session.messages = splice(session.messages, applied);
    for (const entry of applied.side) session.side.push(entry);
    for (const message of applied.inserted) session.bytes += Buffer.byteLength(jsonText(message));
    this.#sessions.set(id, session);

    const { revision, tag, updatedAt: at, messages } = session;
    const committed: Committed = { revision, tag, at, messageCount: messages.length, repeated: false };
    session.history.push({
      revision,
      tag,
      at,
      operationId,
      splice: commit.splice && [applied.start, applied.deleteCount, applied.inserted],
      set: applied.set,
      side: sideLists(applied.side),
      tokenCount: applied.head.tokenCount,
      messageCount: messages.length,
    });
    if (operationId !== undefined) {
      session.operations.set(operationId, { fingerprint: fingerprint(commit), committed });
    }
    this.#changes.tell(id);
    return committed;
  }

  async read(id: SessionId): Promise<StoredSession | undefined> {
    this.#checkOpen();
    const kept = this.#sessions.get(id);
    if (kept === undefined) return undefined;
    const { revision, tag, updatedAt, head, messages } = kept;
    return { id, revision, tag, updatedAt, head, messages: messages.slice() };
  }

  async snapshot(id: SessionId): Promise<Snapshot | undefined> {
    const stored = await this.read(id);
    if (stored === undefined) return undefined;
    const snapshot = new MemorySnapshot(stored, this.#iterations, () => this.#snapshots.delete(snapshot));
    this.#snapshots.add(snapshot);
    return snapshot;
  }

  messages(id: SessionId, range: MessageRange): AsyncIterable<PositionedMessage> {
    return this.#iterations.of(() => messagesIn(this.#existing(id).messages, range));
  }

  sideItems(id: SessionId, range: SideRange): AsyncIterable<SideItem> {
    return this.#iterations.of(() => sideItemsIn(this.#existing(id).side, range));
  }

  commits(id: SessionId, after: number): AsyncIterable<StoredCommit> {
    return this.#iterations.of(() => {
      const { history } = this.#existing(id);
      const first = history[0]?.revision ?? 1;
      if (after > 0 && after < first - 1) throw historyBegins(id, first - 1);
      return yielded(history.filter(({ revision }) => revision > after));
    });
  }

  changes(signal: AbortSignal): AsyncIterable<SessionId | undefined> {
    return this.#iterations.endless(() =>
      this.#changes.hints(AbortSignal.any([signal, this.#iterations.closing])),
    );
  }

  async search(query: SearchQuery): Promise<SearchHit[]> {
    this.#checkOpen();
    const sessions = Array.from(this.#sessions, ([id, { head, messages, updatedAt }]) => {
      return { id, head, messages, updatedAt };
    });
    return await searchSessions(sessions, query);
  }

  async summary(id: SessionId): Promise<SessionSummary | undefined> {
    this.#checkOpen();
    const kept = this.#sessions.get(id);
    return kept && summary(id, kept, this.#leases.holder(id));
  }

  async list(query: ListQuery): Promise<ListPage> {
    this.#checkOpen();
    const summaries = this.#sessions
      .entries()
      .map(([id, kept]) => summary(id, kept, this.#leases.holder(id)));
    return { ...pageOf(summaries, query), unreadable: [] };
  }

  async lease(id: SessionId, options: LeaseOptions): Promise<EngineLease> {
    this.#checkOpen();
    return this.#leases.take(id, options);
  }

  async remove(id: SessionId, options: RemoveOptions = {}): Promise<boolean> {
    this.#checkOpen();
    const session = this.#sessions.get(id);
    if (session === undefined) return false;
    const { trash = false, ifUnchanged, note } = options;
    checkUnchanged(id, ifUnchanged, session);
    this.#sessions.delete(id);
    this.#changes.tell(id);
    const trashed = { id, session, removedAt: timeOf({}, session.updatedAt) };
    if (trash) this.#trash = [...this.#trash, trashed];
    if (note !== undefined) this.#log(trashed, trashed.removedAt, trash ? "trash" : "gone", note);
    return true;
  }

  #log({ id, session }: Trashed, removedAt: string, to: Removal["to"], note: RemovalNote): void {
    const { head, messages } = session;
    this.#removals.push({ id, removedAt, to, title: head.title, messageCount: messages.length, ...note });
  }

  async removals(): Promise<Removal[]> {
    this.#checkOpen();
    return this.#removals.toReversed();
  }

  async trashed(): Promise<TrashedSession[]> {
    this.#checkOpen();
    return this.#trash.toReversed().map(({ id, session, removedAt }) => ({
      id,
      removedAt,
      title: session.head.title,
      messageCount: session.messages.length,
      bytes: session.bytes,
      parentId: session.head.parentId,
    }));
  }

  async restore(id: SessionId): Promise<boolean> {
    this.#checkOpen();
    const last = this.#trash.findLast((trashed) => trashed.id === id);
    if (last === undefined) return false;
    const inUse = this.#sessions.get(id);
    if (inUse !== undefined) throw new ConflictError(id, 0, inUse.revision);
    this.#trash = this.#trash.filter((trashed) => trashed !== last);
    const updatedAt = timeOf({}, last.session.updatedAt);
    this.#sessions.set(id, { ...last.session, updatedAt });
    this.#changes.tell(id);
    return true;
  }

  async emptyTrash(before?: string, note?: RemovalNote): Promise<number> {
    this.#checkOpen();
    const time = dateOf(before, "before")?.getTime() ?? Infinity;
    const gone = this.#trash.filter(({ removedAt }) => Date.parse(removedAt) < time);
    this.#trash = this.#trash.filter((trashed) => !gone.includes(trashed));
    const now = new Date().toISOString();
    if (note !== undefined) for (const trashed of gone) this.#log(trashed, now, "gone", note);
    return gone.length;
  }

  async rewrite(
    id: SessionId,
    edit: SessionEdit,
    options: RewriteOptions = {},
  ): Promise<Rewritten | undefined> {
    this.#checkOpen();
    edit.begin();
    const live = this.#sessions.get(id);
    if (options.dryRun !== true) this.#leases.checkMine(id, options.lease);
    const all = this.#trash.filter((trashed) => trashed.id === id).map(({ session }) => session);
    if (live !== undefined) all.push(live);
    const commits = all.reduce((sum, kept) => sum + this.#rewritten(kept, kept !== live, edit, options), 0);
    edit.at({ kind: "log" });
    const isLogged = editLog(this.#removals, id, edit, options.dryRun === true);
    if (all.length === 0) return undefined;
    if (commits > 0 && options.dryRun !== true) this.#changes.tell(id);
    return { revision: live?.revision ?? 0, commits, files: [], isChanged: commits > 0 || isLogged };
  }

  /** @returns in how many of its commits something changed. */
  #rewritten(kept: KeptSession, inTrash: boolean, edit: SessionEdit, { dryRun }: RewriteOptions): number {
    const { commits, ...edited } = editedSession(kept, inTrash, edit);
    if (commits > 0 && dryRun !== true) replaceContent(kept, edited);
    return commits;
  }

  async giveUp(id: SessionId, from: KeptFrom, options: GiveUpOptions = {}): Promise<GivenUp | undefined> {
    this.#checkOpen();
    const dryRun = options.dryRun === true;
    if (!dryRun) this.#leases.checkMine(id, options.lease);
    const kept = this.#sessions.get(id);
    if (kept === undefined) return undefined;
    const { history, gone, told } = shortened(kept.history, from);
    if (dryRun) return told;
    kept.history = history;
    kept.bytes -= told.bytes;
    for (const { operationId } of gone) if (operationId !== undefined) kept.operations.delete(operationId);
    return told;
  }

  /** Writes nothing: there is no other reader. */
  async checkpoint(id: SessionId): Promise<void> {
    this.#checkOpen();
    this.#existing(id);
  }

  async verify(id: SessionId): Promise<Verification> {
    this.#checkOpen();
    const { revision, messages } = this.#existing(id);
    return { id, state: "ok", revision, messageCount: messages.length, findings: [] };
  }

  async repair(id: SessionId): Promise<Repair> {
    this.#checkOpen();
    this.#existing(id);
    return { id, actions: [], lostRevisions: 0 };
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const snapshot of this.#snapshots) snapshot.close();
    await this.#iterations.close();
    this.#sessions.clear();
    this.#trash = [];
  }

  #existing(id: SessionId): KeptSession {
    const kept = this.#sessions.get(id);
    if (kept === undefined) throw new SessionNotFoundError(id);
    return kept;
  }

  #checkOpen(): void {
    if (this.#closed) throw new StoreClosedError();
  }
}

function newSession(): KeptSession {
  return {
    revision: 0,
    tag: "",
    updatedAt: "",
    head: EMPTY_HEAD,
    messages: [],
    side: [],
    operations: new Map(),
    history: [],
    bytes: 0,
  };
}

async function* sideItemsIn(side: readonly SideEntry[], range: SideRange): AsyncGenerator<SideItem> {
  const end = side.length;
  const { from, limit, accepts } = sideRangeOf(range);
  let left = limit;
  for (let position = from; position < end && left > 0; position++) {
    const [list, item] = side[position] ?? [];
    if (list === undefined || item === undefined || !accepts(list)) continue;
    left--;
    yield { position, list, item };
  }
}

async function* yielded<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

function splice(messages: Message[], { start, deleteCount, inserted }: AppliedCommit): Message[] {
  if (deleteCount === 0 && start === messages.length) {
    for (const message of inserted) messages.push(message);
    return messages;
  }
  return [...messages.slice(0, start), ...inserted, ...messages.slice(start + deleteCount)];
}

function summary(
  id: SessionId,
  { revision, updatedAt, head, messages, bytes }: KeptSession,
  held: Holder | null,
): SessionSummary {
  const messageCount = messages.length;
  const lastMessagePreview = lastPreviewOf(messages);
  return summaryOf(id, head, { revision, updatedAt, messageCount, bytes, lastMessagePreview }, held);
}
