import type { StorageEngine, StoredCommit, StoredSession } from "./contract.ts";
import { historyBegins } from "./give-up.ts";
import { ConflictError, InvalidArgumentError, SessionNotFoundError } from "../session/errors/errors.ts";
import { EMPTY_HEAD, type SessionHead } from "../session/head.ts";
import type { Message } from "../session/message.ts";
import type { SessionId } from "../session/session-id.ts";
import { sideEntries, type SideEntry } from "../session/side-lists.ts";

/**
 * A session as it was at a revision, from its history.
 * @param revision default: the current one.
 * @throws {SessionNotFoundError | InvalidArgumentError}
 */
export async function stateAt(
  engine: StorageEngine,
  id: SessionId,
  revision: number | undefined,
): Promise<
  Pick<StoredSession, "revision" | "tag" | "updatedAt" | "head" | "messages"> & {
    readonly side: readonly SideEntry[];
  }
> {
  if (revision === undefined) return await currentState(engine, id);
  const current = (await engine.summary(id))?.revision;
  if (current === undefined) throw new SessionNotFoundError(id);
  // What someone else wrote last, no commit holds.
  const now = revision === current ? await currentState(engine, id) : undefined;
  if (now?.revision === revision) return now;
  let head: SessionHead = EMPTY_HEAD;
  let messages: Message[] = [];
  const side: SideEntry[] = [];
  let reached = 0;
  let tag = "";
  let updatedAt = "";
  for await (const commit of historyOf(engine, id)) {
    if (commit.revision > revision) {
      if (reached === 0 && revision > 0) throw historyBegins(id, commit.revision - 1);
      break;
    }
    reached = commit.revision;
    tag = commit.tag;
    updatedAt = commit.at;
    head = { ...head, ...commit.set, tokenCount: commit.tokenCount };
    for (const entry of sideEntries(commit.side)) side.push(entry);
    if (commit.splice === undefined) continue;
    const [start, deleteCount, inserted] = commit.splice;
    const isAppend = start === messages.length && deleteCount === 0;
    if (isAppend) for (const message of inserted) messages.push(message);
    else messages = [...messages.slice(0, start), ...inserted, ...messages.slice(start + deleteCount)];
  }
  if (reached !== revision || revision < 1) {
    throw new InvalidArgumentError(`Session ${id} has no revision ${revision}; its last is ${current}.`);
  }
  return { revision, tag, updatedAt, head: Object.freeze(head), messages, side };
}

/** Nothing for a document that someone else wrote. */
async function* historyOf(engine: StorageEngine, id: SessionId): AsyncGenerator<StoredCommit> {
  try {
    yield* engine.commits(id, 0);
  } catch (error) {
    if (!(error instanceof SessionNotFoundError)) throw error;
  }
}

/** The session as it is now; a session without side lists is read once, one with them until both readings agree. */
async function currentState(
  engine: StorageEngine,
  id: SessionId,
): Promise<StoredSession & { readonly side: readonly SideEntry[] }> {
  for (let round = 1; ; round++) {
    const stored = await engine.read(id);
    if (stored === undefined) throw new SessionNotFoundError(id);
    const side: SideEntry[] = [];
    for await (const { list, item } of engine.sideItems(id, {})) side.push([list, item]);
    if (side.length === 0) return { ...stored, side };
    const revision = (await engine.summary(id))?.revision ?? 0;
    if (revision === stored.revision) return { ...stored, side };
    if (round === ROUNDS) throw new ConflictError(id, stored.revision, revision);
  }
}

/** A session that is written to meanwhile is read so many times. */
const ROUNDS = 10;
