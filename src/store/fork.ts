import type { StorageEngine, StoredSession } from "../engine/contract.ts";
import { InvalidArgumentError, SessionNotFoundError } from "../session/errors.ts";
import { EMPTY_HEAD, type SessionHead } from "../session/head.ts";
import type { Message } from "../session/message.ts";
import type { SessionId } from "../session/session-id.ts";

/**
 * A session as it was at a revision, from its history.
 * @param revision default: the current one.
 * @throws {SessionNotFoundError | InvalidArgumentError}
 */
export async function stateAt(
  engine: StorageEngine,
  id: SessionId,
  revision: number | undefined,
): Promise<Pick<StoredSession, "revision" | "head" | "messages">> {
  if (revision === undefined) {
    const stored = await engine.read(id);
    if (stored === undefined) throw new SessionNotFoundError(id);
    return stored;
  }
  let head: SessionHead = EMPTY_HEAD;
  let messages: Message[] = [];
  let reached = 0;
  for await (const commit of engine.commits(id, 0)) {
    if (commit.revision > revision) break;
    reached = commit.revision;
    head = { ...head, ...commit.set, tokenCount: commit.tokenCount };
    if (commit.splice === undefined) continue;
    const [start, deleteCount, inserted] = commit.splice;
    const isAppend = start === messages.length && deleteCount === 0;
    if (isAppend) for (const message of inserted) messages.push(message);
    else messages = [...messages.slice(0, start), ...inserted, ...messages.slice(start + deleteCount)];
  }
  if (reached !== revision || revision < 1) {
    throw new InvalidArgumentError(`Session ${id} has no revision ${revision}; its last is ${reached}.`);
  }
  return { revision, head, messages };
}
