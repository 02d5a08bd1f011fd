import type { Commit, Committed } from "../../session/commit.ts";
import {
  ConflictError,
  OperationMismatchError,
  SessionNotFoundError,
  StoreClosedError,
} from "../../session/errors.ts";
import { EMPTY_HEAD, type SessionHead } from "../../session/head.ts";
import type { Message } from "../../session/message.ts";
import type { SessionId } from "../../session/session-id.ts";
import { sideLists, type SideEntry } from "../../session/side-lists.ts";
import { lastPreviewOf, type SessionSummary } from "../../session/summary.ts";
import { applyCommit, timeOf, type AppliedCommit } from "../apply-commit.ts";
import type {
  EngineCapabilities,
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
  StoredSession,
  TrashedSession,
  Verification,
} from "../contract.ts";
import { ChangeFeed } from "../change-feed.ts";
import { fingerprint } from "../fingerprint.ts";
import { pageOf, rangeOf, sideRangeOf } from "../list-query.ts";
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
  readonly side: SideEntry[];
  readonly operations: Map<string, Operation>;
  readonly history: StoredCommit[];
}

interface Trashed {
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
  onReport: (report: EngineReport) => void = () => undefined;
  readonly #sessions = new Map<SessionId, KeptSession>();
  readonly #trash = new Map<SessionId, Trashed>();
  readonly #changes = new ChangeFeed();
  #closed = false;

  async commit(id: SessionId, commit: Commit): Promise<Committed> {
    this.#checkOpen();
    const kept = this.#sessions.get(id);
    const { operationId } = commit;
    const earlier = operationId === undefined ? undefined : kept?.operations.get(operationId);
    if (operationId !== undefined && earlier !== undefined) {
      if (earlier.fingerprint !== fingerprint(commit)) throw new OperationMismatchError(id, operationId);
      return { ...earlier.committed, repeated: true };
    }

    const applied = applyCommit(id, kept && { ...kept, messageCount: kept.messages.length }, commit);
    const session = kept ?? newSession();
    session.revision = applied.revision;
    session.tag = crypto.randomUUID();
    session.updatedAt = timeOf(commit);
    session.head = applied.head;
    session.messages = splice(session.messages, applied);
    for (const entry of applied.side) session.side.push(entry);
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

  async *messages(id: SessionId, range: MessageRange): AsyncGenerator<PositionedMessage> {
    this.#checkOpen();
    const messages = this.#sessions.get(id)?.messages;
    if (messages === undefined) throw new SessionNotFoundError(id);
    const { start, end, reverse } = rangeOf(range, messages.length);
    for (let step = 0; step < end - start; step++) {
      const position = reverse ? end - 1 - step : start + step;
      const message = messages[position];
      if (message !== undefined) yield { position, message };
    }
  }

  async *sideItems(id: SessionId, range: SideRange): AsyncGenerator<SideItem> {
    this.#checkOpen();
    const { side } = this.#existing(id);
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

  async *commits(id: SessionId, after: number): AsyncGenerator<StoredCommit> {
    this.#checkOpen();
    const kept = this.#sessions.get(id);
    if (kept === undefined) throw new SessionNotFoundError(id);
    yield* kept.history.filter(({ revision }) => revision > after);
  }

  changes(signal: AbortSignal): AsyncGenerator<SessionId | undefined> {
    this.#checkOpen();
    return this.#changes.hints(signal);
  }

  async search(query: SearchQuery): Promise<SearchHit[]> {
    this.#checkOpen();
    return searchSessions(
      this.#sessions
        .entries()
        .map(([id, { head, messages, updatedAt }]) => ({ id, head, messages, updatedAt })),
      query,
    );
  }

  async summary(id: SessionId): Promise<SessionSummary | undefined> {
    this.#checkOpen();
    const kept = this.#sessions.get(id);
    return kept && summaryOf(id, kept);
  }

  async list(query: ListQuery): Promise<ListPage> {
    this.#checkOpen();
    const summaries = this.#sessions.entries().map(([id, kept]) => summaryOf(id, kept));
    return { ...pageOf(summaries, query), unreadable: [] };
  }

  async remove(id: SessionId, options: RemoveOptions = {}): Promise<boolean> {
    this.#checkOpen();
    const session = this.#sessions.get(id);
    if (session === undefined) return false;
    this.#sessions.delete(id);
    this.#changes.tell(id);
    if (options.trash !== true) return true;
    this.#trash.delete(id); // so that it moves to the end of the map's order
    this.#trash.set(id, { session, removedAt: new Date().toISOString() });
    return true;
  }

  async trashed(): Promise<TrashedSession[]> {
    this.#checkOpen();
    const trashed = [...this.#trash].map(([id, { session, removedAt }]) => ({
      id,
      removedAt,
      title: session.head.title,
      messageCount: session.messages.length,
    }));
    // A map keeps the order of insertion, which settles equal times.
    return trashed.reverse().sort((left, right) => Date.parse(right.removedAt) - Date.parse(left.removedAt));
  }

  async restore(id: SessionId): Promise<boolean> {
    this.#checkOpen();
    const trashed = this.#trash.get(id);
    if (trashed === undefined) return false;
    const inUse = this.#sessions.get(id);
    if (inUse !== undefined) throw new ConflictError(id, 0, inUse.revision);
    this.#trash.delete(id);
    this.#sessions.set(id, trashed.session);
    this.#changes.tell(id);
    return true;
  }

  async emptyTrash(before: Date): Promise<number> {
    this.#checkOpen();
    const old = [...this.#trash].filter(([, { removedAt }]) => Date.parse(removedAt) < before.getTime());
    for (const [id] of old) this.#trash.delete(id);
    return old.length;
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
    this.#sessions.clear();
    this.#trash.clear();
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
  };
}

function splice(messages: Message[], { start, deleteCount, inserted }: AppliedCommit): Message[] {
  if (deleteCount === 0 && start === messages.length) {
    for (const message of inserted) messages.push(message);
    return messages;
  }
  return [...messages.slice(0, start), ...inserted, ...messages.slice(start + deleteCount)];
}

function summaryOf(id: SessionId, { revision, updatedAt, head, messages }: KeptSession): SessionSummary {
  const { title, tags, userId, createdAt, tokenCount, workspacePath, workspaceId, parentId, model } = head;
  return {
    ...{ id, title, tags, userId, createdAt, updatedAt, revision, tokenCount },
    ...{ workspacePath, workspaceId, parentId, model },
    messageCount: messages.length,
    bytes: 0,
    lastMessagePreview: lastPreviewOf(messages),
  };
}
