/// <reference lib="esnext.disposable" preserve="true" />
import type {
  MessageRange,
  PositionedMessage,
  Snapshot,
  StorageEngine,
  StoredHead,
} from "../../engine/contract.ts";
import type { Iterations } from "../../engine/iterations.ts";
import { messagesIn } from "../../engine/messages-in.ts";
import { ConflictError, InvalidArgumentError, SessionNotFoundError } from "../../session/errors/errors.ts";
import type { SessionHead } from "../../session/head.ts";
import type { Message } from "../../session/message.ts";
import type { SessionId } from "../../session/session-id.ts";
import { stateAt } from "../../engine/state-at.ts";
import { storedHead } from "./stored-head.ts";

/**
 * One revision of a session, to be read while the session goes on: head and messages stay those of this revision. Close
 * it, or declare it with `using`; `close` of its store closes it too.
 */
export class SessionSnapshot implements Snapshot, Disposable {
  readonly id: SessionId;
  readonly revision: number;
  readonly tag: string;
  readonly updatedAt: string;
  readonly head: SessionHead;
  readonly messageCount: number;
  readonly #source: Snapshot;
  readonly #iterations: Iterations;
  #isClosed = false;

  /** @internal */
  constructor(source: Snapshot, iterations: Iterations) {
    this.id = source.id;
    this.revision = source.revision;
    this.tag = source.tag;
    this.updatedAt = source.updatedAt;
    this.head = source.head;
    this.messageCount = source.messageCount;
    this.#source = source;
    this.#iterations = iterations;
    iterations.closing.addEventListener("abort", this.#closed);
  }

  /**
   * The messages of this revision, from the start or from the end; may be read any number of times.
   *
   * It rejects with `INVALID_ARGUMENT` once this is closed, and with `STORE_CLOSED` once the store is. On PostgreSQL it
   * rejects with `SESSION_NOT_FOUND` when the session was removed for good after the snapshot was taken. Where the engine
   * has no snapshots of its own, it does so for any removal, and with `CONFLICT` when the history was given up. It never
   * gives messages of another revision.
   */
  messages(range: MessageRange = {}): AsyncIterable<PositionedMessage> {
    return this.#iterations.of(() => {
      if (this.#isClosed) throw new InvalidArgumentError("This snapshot is closed; read the session again.");
      return this.#source.messages(range);
    });
  }

  close(): void {
    this.#closed();
    this.#iterations.closing.removeEventListener("abort", this.#closed);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  readonly #closed = (): void => {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#source.close();
  };
}

/** The engine's snapshot; of an engine that has none, one that is put together. */
export async function snapshotOf(engine: StorageEngine, id: SessionId): Promise<Snapshot | undefined> {
  if (engine.snapshot !== undefined) return await engine.snapshot(id);
  const head = await storedHead(engine, id);
  return head && new ComposedSnapshot(engine, head);
}

/**
 * A session at an earlier revision, made from its history; `undefined` when there is no session.
 * @throws {InvalidArgumentError} when it has no such revision.
 */
export async function snapshotAt(
  engine: StorageEngine,
  id: SessionId,
  revision: number,
): Promise<Snapshot | undefined> {
  const current = await snapshotOf(engine, id);
  if (current === undefined || current.revision === revision) return current;
  current.close();
  try {
    const { messages, side: _, ...stored } = await stateAt(engine, id, revision);
    const messageCount = messages.length;
    const read = (range: MessageRange = {}): AsyncIterable<PositionedMessage> => messagesIn(messages, range);
    return { ...stored, id, messageCount, messages: read, close: () => undefined };
  } catch (error) {
    if (error instanceof SessionNotFoundError) return undefined;
    throw error;
  }
}

/** Head and last messages of one revision. */
export async function readEnd(
  engine: StorageEngine,
  id: SessionId,
  count: number,
): Promise<(StoredHead & { readonly messages: Message[] }) | undefined> {
  // A session that is written to without a pause is read from its history in the end, which takes longer.
  for (let round = 1; engine.snapshot === undefined && round <= ROUNDS; round++) {
    const before = await storedHead(engine, id);
    if (before === undefined) return undefined;
    try {
      const messages = await lastOf(engine.messages(id, { limit: count, reverse: true }));
      if ((await storedHead(engine, id))?.tag === before.tag) return { ...before, messages };
    } catch (error) {
      if (!(error instanceof SessionNotFoundError)) throw error;
    }
  }
  const snapshot = await snapshotOf(engine, id);
  return snapshot && (await endOf(snapshot, count));
}

/** Head and last messages of a snapshot, which is closed. */
export async function endOf(
  snapshot: Snapshot,
  count?: number,
): Promise<StoredHead & { readonly messages: Message[] }> {
  try {
    const messages = await lastOf(snapshot.messages({ limit: count, reverse: true }));
    const { id, revision, tag, updatedAt, head, messageCount } = snapshot;
    return { id, revision, tag, updatedAt, head, messageCount, messages };
  } finally {
    snapshot.close();
  }
}

const ROUNDS = 10;

async function lastOf(newestFirst: AsyncIterable<PositionedMessage>): Promise<Message[]> {
  const messages: Message[] = [];
  for await (const { message } of newestFirst) messages.push(message);
  return messages.reverse();
}

/** A revision of an engine that has no snapshots: its messages are read now, or made from the history later. */
class ComposedSnapshot implements Snapshot {
  readonly id: SessionId;
  readonly revision: number;
  readonly tag: string;
  readonly updatedAt: string;
  readonly head: SessionHead;
  readonly messageCount: number;
  readonly #engine: StorageEngine;

  constructor(engine: StorageEngine, stored: StoredHead) {
    this.id = stored.id;
    this.revision = stored.revision;
    this.tag = stored.tag;
    this.updatedAt = stored.updatedAt;
    this.head = stored.head;
    this.messageCount = stored.messageCount;
    this.#engine = engine;
  }

  async *messages(range: MessageRange = {}): AsyncGenerator<PositionedMessage> {
    const reading = this.#engine.messages(this.id, range)[Symbol.asyncIterator]();
    try {
      // An engine's iteration stays at the revision at which it began: this step. No other revision has the tag.
      let step = await reading.next();
      if ((await storedHead(this.#engine, this.id))?.tag === this.tag) {
        for (; step.done !== true; step = await reading.next()) yield step.value;
        return;
      }
    } finally {
      await reading.return?.();
    }
    const { tag, messages } = await stateAt(this.#engine, this.id, this.revision);
    if (tag !== this.tag) throw new ConflictError(this.id, this.revision, this.revision);
    yield* messagesIn(messages, range);
  }

  close(): void {
    // Nothing is open.
  }
}
