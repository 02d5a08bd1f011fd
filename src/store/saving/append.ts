import { checkCommit } from "../../engine/apply-commit.ts";
import type { StorageEngine } from "../../engine/contract.ts";
import { checkHeld } from "../../operations/held.ts";
import type { Commit, Committed } from "../../session/commit.ts";
import { ConflictError, InvalidArgumentError, SessionNotFoundError } from "../../session/errors/errors.ts";
import { Message } from "../../session/message.ts";
import type { SessionId } from "../../session/session-id.ts";
import { tokensIn, type TokenEstimator } from "../../session/summary/tokens.ts";
import { tokenFor } from "../session-lease.ts";
import { storedHead } from "../reading/stored-head.ts";
import type { AppendOptions, Saved } from "../store-options.ts";

/** What an append needs of a store. */
interface Place {
  readonly engine: StorageEngine;
  readonly estimateTokens: TokenEstimator;
  readonly commit: (commit: Commit) => Promise<Committed>;
}

/** Adds messages to the end of a session; see `SessionStore.append`. */
export async function append(
  { engine, estimateTokens, commit }: Place,
  id: SessionId,
  messages: readonly Message[],
  options: AppendOptions,
): Promise<Saved> {
  const checked = messages.map((message) => Message.from(message));
  const { expectedRevision: base, operationId, at } = options;
  const lease = tokenFor(id, options.lease);
  if (base === 0) throw new InvalidArgumentError("A session is created with save, not with append.");
  const addTokens = tokensIn(checked, estimateTokens);
  const splice = ["end", 0, checked] as const;
  const addition: Commit = { base, operationId, at, lease, splice, addTokens };
  if (checked.length > 0) return { ...(await commit(addition)), unchanged: false };
  checkCommit(addition);
  return await appendNothing(engine, id, options);
}

/**
 * An append of no messages, which changes nothing: it stores nothing and says how the session is. It is refused where an
 * append of some would be, so that who appends what there is, be it nothing, learns the same.
 * @throws {SessionNotFoundError | ConflictError | LeaseLostError}
 */
async function appendNothing(
  engine: StorageEngine,
  id: SessionId,
  { expectedRevision, lease }: AppendOptions,
): Promise<Saved> {
  const stored = await storedHead(engine, id);
  if (stored === undefined) throw new SessionNotFoundError(id);
  if (lease !== undefined) await checkHeld(engine, id, lease);
  const { revision, tag, updatedAt: at, messageCount } = stored;
  if (expectedRevision !== undefined && expectedRevision !== revision)
    throw new ConflictError(id, expectedRevision, revision);
  return { revision, tag, at, messageCount, repeated: false, unchanged: true };
}
