import assert from "node:assert/strict";
import type { MessageRange, PositionedMessage, StorageEngine, StoredSession } from "../engine/contract.ts";
import type { Commit, Committed } from "../session/commit.ts";
import { ConflictError, SessionStoreError, type ErrorCode } from "../session/errors/errors.ts";
import type { HeadChanges } from "../session/head.ts";
import { Message } from "../session/message.ts";
import { newSessionId, type SessionId } from "../session/session-id.ts";
import type { SessionSummary } from "../session/summary/summary.ts";

/** `count` messages that differ: "message 1", "message 2", … */
export function numbered(count: number, from = 1): Message[] {
  return Array.from({ length: count }, (_, index) => Message.user(`message ${index + from}`));
}

/** A session's first commit, stored. */
export async function create(
  engine: StorageEngine,
  messages: readonly Message[] = [],
  set: HeadChanges = {},
  id: SessionId = newSessionId(),
): Promise<{ id: SessionId; committed: Committed }> {
  const createdAt = new Date().toISOString();
  const committed = await engine.commit(id, {
    base: 0,
    splice: ["end", 0, messages],
    set: { createdAt, ...set },
  });
  return { id, committed };
}

/** Messages added at the end of whatever is current. */
export async function append(
  engine: StorageEngine,
  id: SessionId,
  messages: readonly Message[],
  more: Omit<Commit, "splice"> = {},
): Promise<Committed> {
  return engine.commit(id, { ...more, splice: ["end", 0, messages] });
}

/** The session, which must exist. */
export async function stored(engine: StorageEngine, id: SessionId): Promise<StoredSession> {
  const session = await engine.read(id);
  assert.ok(session, `session ${id} is not there`);
  return session;
}

/** The session's summary, which must exist. */
export async function summarised(engine: StorageEngine, id: SessionId): Promise<SessionSummary> {
  const summary = await engine.summary(id);
  assert.ok(summary, `session ${id} has no summary`);
  return summary;
}

/** What `messages` yields, collected. */
export async function positioned(
  engine: StorageEngine,
  id: SessionId,
  range: MessageRange = {},
): Promise<PositionedMessage[]> {
  return await collected(engine.messages(id, range));
}

/** All that an iteration yields. */
export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The messages that `messages` yields. */
export async function ranged(
  engine: StorageEngine,
  id: SessionId,
  range: MessageRange = {},
): Promise<Message[]> {
  return (await positioned(engine, id, range)).map(({ message }) => message);
}

/** The contents of messages, to compare and to read in a failure. */
export function contents(messages: readonly Message[]): unknown[] {
  return messages.map(({ content }) => content);
}

/** The error that `refused` must reject with, whose code must be `code`. */
export async function refusal(refused: Promise<unknown>, code: ErrorCode): Promise<SessionStoreError> {
  const error = await refused.then(
    () => assert.fail(`resolved, but ${code} was expected`),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof SessionStoreError, `rejected with ${String(error)}, but ${code} was expected`);
  assert.equal(error.code, code, error.message);
  return error;
}

/** The conflict that `refused` must reject with. */
export async function conflict(refused: Promise<unknown>): Promise<ConflictError> {
  const error = await refusal(refused, "CONFLICT");
  assert.ok(error instanceof ConflictError);
  return error;
}

/** Without the size: an engine may tidy up in the background, so that a session takes other bytes. */
export function withoutBytes(summaries: readonly SessionSummary[]): Omit<SessionSummary, "bytes">[] {
  return summaries.map(({ bytes: _, ...rest }) => rest);
}

/** Runs `attempt` and sees to it that the session is afterwards as it was before. */
export async function leavesUntouched(
  engine: StorageEngine,
  id: SessionId,
  attempt: () => Promise<unknown>,
): Promise<void> {
  const before = await stored(engine, id);
  const summary = await summarised(engine, id);
  await attempt();
  assert.deepEqual(await stored(engine, id), before);
  assert.deepEqual(withoutBytes([await summarised(engine, id)]), withoutBytes([summary]));
}

/** Resolves once the clock shows another millisecond: what happens then is later than what happened before. */
export async function nextMillisecond(): Promise<void> {
  for (const now = Date.now(); Date.now() <= now;) await new Promise(setImmediate);
}
