import type { StorageEngine, StoredCommit } from "../../engine/contract.ts";
import { fingerprint } from "../../engine/fingerprint.ts";
import type { Commit, Committed } from "../../session/commit.ts";
import {
  InvalidArgumentError,
  SessionNotFoundError,
  SessionStoreError,
  StorageError,
} from "../../session/errors/errors.ts";
import { FIELDS, type HeadField, type SessionHead } from "../../session/head.ts";
import { jsonEquals } from "../../session/json/json.ts";
import type { SessionId } from "../../session/session-id.ts";
import { sideEntries, sideLists } from "../../session/side-lists.ts";

/** Whether a commit that failed may be stored all the same. */
export function isUnknown(error: unknown): boolean {
  if (!(error instanceof SessionStoreError)) return true;
  return error instanceof StorageError && error.outcome === "unknown";
}

/** A commit whose outcome is unknown. It has a base. */
export interface Attempt {
  readonly commit: Commit;
  /** The session's head with it, where that is known. */
  readonly head?: SessionHead;
}

/**
 * Which of the attempts, all of one base, was stored after all: the one that makes the very change that follows the
 * base in the session's history. An operation id would say the same, but every commit would have to carry one, and
 * almost no commit is ever in doubt.
 */
export async function storedAttempt<A extends Attempt>(
  engine: StorageEngine,
  id: SessionId,
  attempts: readonly A[],
): Promise<{ readonly attempt: A; readonly committed: Committed } | undefined> {
  const [first] = attempts;
  if (first?.commit.base === undefined) return undefined;
  const { base, baseTag } = first.commit;
  const [before, next] = await around(engine, id, base);
  if (next === undefined) return undefined;
  if (before !== undefined && baseTag !== undefined && before.tag !== baseTag) return undefined;
  const attempt = attempts.find((one) => makes(one, next, before));
  if (attempt === undefined) return undefined;
  const { revision, tag, at, messageCount } = next;
  return { attempt, committed: { revision, tag, at, messageCount, repeated: true } };
}

/** The commit of a revision and the one behind it, as far as the history has them. */
async function around(
  engine: StorageEngine,
  id: SessionId,
  base: number,
): Promise<[before: StoredCommit | undefined, next: StoredCommit | undefined]> {
  let before: StoredCommit | undefined;
  try {
    for await (const commit of engine.commits(id, Math.max(base - 1, 0))) {
      if (commit.revision === base + 1) return [before, commit];
      if (commit.revision === base) before = commit;
      else break;
    }
  } catch (error) {
    // The session is not there, or its history begins later: nothing that could be compared.
    if (!(error instanceof SessionNotFoundError || error instanceof InvalidArgumentError)) throw error;
  }
  return [before, undefined];
}

/** Whether a stored commit is what an attempt would have stored. */
function makes({ commit, head }: Attempt, stored: StoredCommit, before: StoredCommit | undefined): boolean {
  return (
    stored.operationId === commit.operationId &&
    stored.removed !== true &&
    jsonEquals(sideLists(sideEntries(stored.side)) ?? {}, sideLists(sideEntries(commit.side)) ?? {}) &&
    isSameSplice(commit.splice, stored.splice) &&
    tokensOf(commit, before) === stored.tokenCount &&
    isSameSet(commit, head, stored)
  );
}

function isSameSplice(given: Commit["splice"], stored: StoredCommit["splice"]): boolean {
  const [start, deleteCount, messages] = given ?? ["end", 0, []];
  const [storedStart, storedDeleteCount, storedMessages] = stored ?? [0, 0, []];
  if (!jsonEquals([...messages], [...storedMessages])) return false;
  if (start === "end" || (deleteCount === 0 && messages.length === 0)) return storedDeleteCount === 0;
  return start === storedStart && deleteCount === storedDeleteCount;
}

function tokensOf({ set, addTokens = 0 }: Commit, before: StoredCommit | undefined): number {
  return (set?.tokenCount ?? before?.tokenCount ?? 0) + addTokens;
}

function isSameSet({ set = {} }: Commit, head: SessionHead | undefined, stored: StoredCommit): boolean {
  const storedSet = stored.set ?? {};
  const fields = (Object.keys({ ...set, ...storedSet }) as HeadField[]).filter((f) => f !== "tokenCount");
  // An engine may state all fields that a listing shows when one of them is set.
  const mayStateMore = fields.some((field) => field in set && FIELDS[field].listed);
  return fields.every((field) => {
    if (!(field in storedSet)) return false;
    if (field in set) return jsonEquals(set[field], storedSet[field]);
    if (!mayStateMore || !FIELDS[field].listed) return false;
    return head === undefined || jsonEquals(head[field], storedSet[field]);
  });
}

/** Commits that failed with an unknown outcome and were not repeated since. */
export class UnknownCommits {
  readonly #keys = new Set<string>();

  /** Only one with a base and without an operation id: of the others the engine knows, or nobody can. */
  note(id: SessionId, commit: Commit): void {
    if (commit.base === undefined || commit.operationId !== undefined) return;
    this.#keys.add(keyOf(id, commit));
    const [oldest] = this.#keys;
    if (this.#keys.size > MOST_REMEMBERED && oldest !== undefined) this.#keys.delete(oldest);
  }

  has(id: SessionId, commit: Commit): boolean {
    return this.#keys.size > 0 && this.#keys.has(keyOf(id, commit));
  }

  forget(id: SessionId, commit: Commit): void {
    if (this.#keys.size > 0) this.#keys.delete(keyOf(id, commit));
  }
}

const MOST_REMEMBERED = 1000;

function keyOf(id: SessionId, commit: Commit): string {
  return `${id} ${commit.base} ${commit.baseTag} ${fingerprint(commit)}`;
}
