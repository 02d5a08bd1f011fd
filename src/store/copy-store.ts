import { createHash, type Hash } from "node:crypto";
import type { StorageEngine, StoredCommit } from "../engine/contract.ts";
import {
  ConflictError,
  InvalidArgumentError,
  SessionNotFoundError,
  SessionStoreError,
  StorageError,
  type ErrorCode,
} from "../session/errors/errors.ts";
import { FIELDS, headChanges, toStoredChanges, type HeadChanges, type HeadField } from "../session/head.ts";
import { jsonEquals, jsonText } from "../session/json/json.ts";
import type { Message } from "../session/message.ts";
import type { SessionId } from "../session/session-id.ts";
import { sideEntries, sideLists, type SideEntry } from "../session/side-lists.ts";
import type { SessionSummary } from "../session/summary/summary.ts";

/** What became of one session. */
export interface CopiedSession {
  readonly id: SessionId;
  /**
   * `copied`: with its history. `copied-current`: as it is now, because it has no history: it was given up, or Astrid
   * wrote the session. `unchanged`: it was there already. `failed`: see `error`; the target's session, if there is one,
   * was not overwritten.
   */
  readonly state: "copied" | "copied-current" | "unchanged" | "failed";
  readonly messageCount: number;
  /** SHA-256 of fields, messages and side lists, equal in both stores; `undefined` when it failed. */
  readonly checksum: string | undefined;
  readonly error: SessionStoreError | undefined;
}

export interface CopyOptions {
  /** Called after each session: how many are done, of how many. */
  readonly onProgress?: ((session: CopiedSession, done: number, total: number) => void) | undefined;
  /** Ends the copy between two sessions. A later copy goes on where this one ended. */
  readonly signal?: AbortSignal | undefined;
}

export interface CopyReport {
  readonly copied: number;
  readonly unchanged: number;
  readonly failed: readonly CopiedSession[];
  readonly messages: number;
}

/** Messages of one commit, when a session is copied without its history. */
const BATCH = 500;
/** A session that is written to while it is copied is caught up with so many times. */
const ROUNDS = 10;

/** What keeps every session from being copied, and not one alone. */
const OF_THE_STORE = new Set<ErrorCode>([
  ...(["DRIVER_MISSING", "NEWER_SCHEMA", "READ_ONLY"] as const),
  ...(["STORE_CLOSED", "STORE_NOT_A_DIRECTORY", "UNAVAILABLE"] as const),
]);

/**
 * Copies all sessions of one engine into another, with every revision, and compares the result. May be repeated: what
 * is there is not written again, and a copy that ended early goes on. A session that the target has with another
 * content is reported and left alone. Commits keep their times.
 * @throws {SessionStoreError} when one of the stores cannot be reached, or not be used at all.
 */
export async function copyStore(
  from: StorageEngine,
  to: StorageEngine,
  options: CopyOptions = {},
): Promise<CopyReport> {
  const { sessions, unreadable } = await from.list({});
  const total = sessions.length + unreadable.length;
  const done: CopiedSession[] = [];
  const note = (session: CopiedSession): void => {
    done.push(session);
    options.onProgress?.(session, done.length, total);
  };
  for (const { id, error } of unreadable) {
    // What has no id is no session that could be copied, but must not go unmentioned.
    note({ id: id ?? ("" as SessionId), state: "failed", messageCount: 0, checksum: undefined, error });
  }
  for (const summary of sessions.reverse()) {
    if (options.signal?.aborted === true) break;
    note(await copySession(from, to, summary));
  }
  const failed = done.filter(({ state }) => state === "failed");
  return {
    copied: done.filter(({ state }) => state.startsWith("copied")).length,
    unchanged: done.filter(({ state }) => state === "unchanged").length,
    failed,
    messages: done.reduce((sum, { messageCount }) => sum + messageCount, 0),
  };
}

async function copySession(
  from: StorageEngine,
  to: StorageEngine,
  { id }: SessionSummary,
): Promise<CopiedSession> {
  try {
    let state: CopiedSession["state"] = "unchanged";
    for (let round = 1; ; round++) {
      const step = await catchUpBesideOthers(from, to, id);
      if (step !== "unchanged") state = step;
      const source = await contentOf(from, id);
      const target = await contentOf(to, id);
      if (source.checksum === target.checksum) return { id, state, ...source, error: undefined };
      if (step === "unchanged" || round === ROUNDS) throw differs(id, source.revision, target.revision);
    }
  } catch (error) {
    const known = error instanceof SessionStoreError ? error : unexpected(id, error);
    if (OF_THE_STORE.has(known.code)) throw known;
    return { id, state: "failed", messageCount: 0, checksum: undefined, error: known };
  }
}

/** Another copy into the same target may be at the same session: what it stored is what this one would have. */
async function catchUpBesideOthers(
  from: StorageEngine,
  to: StorageEngine,
  id: SessionId,
): Promise<CopiedSession["state"]> {
  for (let there = -1; ;) {
    try {
      return await catchUp(from, to, id);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      const now = (await to.summary(id))?.revision ?? 0;
      // Someone stored something meanwhile; if that is something else, the next look says so.
      if (now <= there) throw error;
      there = now;
    }
  }
}

/** Writes to the target what it lacks. */
async function catchUp(
  from: StorageEngine,
  to: StorageEngine,
  id: SessionId,
): Promise<CopiedSession["state"]> {
  const there = (await to.summary(id))?.revision ?? 0;
  let last = 0;
  try {
    for await (const commit of from.commits(id, Math.max(there - 1, 0))) {
      if (last === 0 && commit.revision !== Math.max(there, 1)) return await copyCurrent(from, to, id);
      last = commit.revision;
      if (last > there) await replay(to, id, commit);
      // The last commit that both have: if it is the same, so is all that lies before it.
      else if (!(await hasCommit(to, id, commit))) return await copyCurrent(from, to, id);
    }
  } catch (error) {
    // Its history begins later, or it has none: someone else wrote its document.
    if (!(error instanceof InvalidArgumentError || error instanceof SessionNotFoundError)) throw error;
    return await copyCurrent(from, to, id);
  }
  if (last > there) return "copied";
  if (last === 0) return await copyCurrent(from, to, id);
  // Someone else may have changed the document since the last commit.
  const isAhead = (await from.summary(id))?.revision === last + 1;
  return isAhead && (await commitAt(from, id, last + 1)) === undefined
    ? await copyCurrent(from, to, id, { hasHistory: true })
    : "unchanged";
}

async function replay(to: StorageEngine, id: SessionId, commit: StoredCommit): Promise<void> {
  const { revision, operationId, splice, side, at } = commit;
  // The count is part of every commit, as some engines note it apart from the fields.
  const set = { ...commit.set, tokenCount: commit.tokenCount };
  await to.commit(id, { base: revision - 1, operationId, splice, set, side, at });
}

/**
 * Copies a session as it is now, where its history does not tell; in steps, so that a copy which is cut short goes on.
 * What the target has must be the beginning of it, and the work of a copy, unless it has all of the source's history.
 */
async function copyCurrent(
  from: StorageEngine,
  to: StorageEngine,
  id: SessionId,
  { hasHistory = false } = {},
): Promise<CopiedSession["state"]> {
  const source = await from.read(id);
  if (source === undefined) return "unchanged";
  const target = await to.read(id);
  const theirs = target?.messages ?? [];
  let start = 0;
  while (start < theirs.length && jsonEquals(theirs[start], source.messages[start])) start++;
  let deleteCount = theirs.length - start;
  let set = target === undefined ? { ...source.head } : headChanges(target.head, source.head);
  let position = target === undefined ? 0 : await countSideItems(to, id);
  let side = await sideFrom(from, id, position);
  let base = target?.revision ?? 0;
  const isBehind = (): boolean =>
    set !== undefined || deleteCount > 0 || start < source.messages.length || side.length > 0;
  if (!isBehind()) return "unchanged";
  if (target !== undefined && !hasHistory) {
    const last = await commitAt(to, id, base);
    if (deleteCount > 0 || last?.operationId?.startsWith(MARK) !== true)
      throw differs(id, source.revision, base);
  }
  while (isBehind()) {
    const messages = source.messages.slice(start, start + BATCH);
    const { revision } = await to.commit(id, {
      ...{ base, operationId: `${MARK}${source.tag} ${base}`, at: source.updatedAt, set },
      splice: deleteCount + messages.length === 0 ? undefined : [start, deleteCount, messages],
      side: sideLists(side),
    });
    base = revision;
    start += messages.length;
    deleteCount = 0;
    set = undefined;
    position += side.length;
    side = await sideFrom(from, id, position);
  }
  return "copied-current";
}

/** What the operation ids of commits that are not the source's begin with. */
const MARK = "copy ";

async function sideFrom(engine: StorageEngine, id: SessionId, position: number): Promise<SideEntry[]> {
  const entries: SideEntry[] = [];
  for await (const { list, item } of engine.sideItems(id, { from: position, limit: BATCH }))
    entries.push([list, item]);
  return entries;
}

async function countSideItems(engine: StorageEngine, id: SessionId): Promise<number> {
  let count = 0;
  for await (const _ of engine.sideItems(id, {})) count++;
  return count;
}

/** The commit of a revision; `undefined` when the history does not have it. */
async function commitAt(
  engine: StorageEngine,
  id: SessionId,
  revision: number,
): Promise<StoredCommit | undefined> {
  try {
    for await (const commit of engine.commits(id, revision - 1)) return commit;
  } catch (error) {
    if (!(error instanceof InvalidArgumentError || error instanceof SessionNotFoundError)) throw error;
  }
  return undefined;
}

async function hasCommit(to: StorageEngine, id: SessionId, commit: StoredCommit): Promise<boolean> {
  const there = await commitAt(to, id, commit.revision);
  return there !== undefined && describe(there) === describe(commit) && setAlike(there.set, commit.set);
}

/** What a commit changes apart from fields, as text. */
function describe({ splice, side, tokenCount }: StoredCommit): string {
  const [start, deleteCount, messages] = splice ?? [0, 0, []];
  const at = messages.length + deleteCount === 0 ? 0 : start;
  return jsonText([at, deleteCount, [...messages], tokenCount, ...sideEntries(side)]);
}

/** Whether two commits set the same fields; one engine states all listed fields when one of them is set. */
function setAlike(left: HeadChanges = {}, right: HeadChanges = {}): boolean {
  const fields = Object.keys({ ...left, ...right }) as HeadField[];
  return fields.every((field) =>
    field in left && field in right
      ? jsonEquals(left[field], right[field])
      : field === "tokenCount" || FIELDS[field].listed,
  );
}

async function contentOf(
  engine: StorageEngine,
  id: SessionId,
): Promise<{ revision: number; messageCount: number; checksum: string }> {
  const session = await engine.read(id);
  if (session === undefined) return { revision: 0, messageCount: 0, checksum: "" };
  const hash = createHash("sha256").update(jsonText(toStoredChanges(session.head)));
  for (const message of session.messages as readonly Message[]) hash.update("\n").update(jsonText(message));
  // By list: the order between lists is no content.
  const lists = new Map<string, Hash>();
  for await (const { list, item } of engine.sideItems(id, {})) {
    const found = lists.get(list) ?? createHash("sha256").update(jsonText(list));
    lists.set(list, found.update("\n").update(jsonText(item)));
  }
  for (const digest of [...lists.values()].map((list) => list.digest("hex")).sort())
    hash.update(`\n${digest}`);
  return { revision: session.revision, messageCount: session.messages.length, checksum: hash.digest("hex") };
}

function differs(id: SessionId, source: number, target: number): SessionStoreError {
  return new StorageError(
    "CONFLICT",
    `Session ${id} is in both stores, with another content: at revision ${source} there and ${target} here. ` +
      `It was not overwritten; remove one of them, or fork it.`,
    "not-stored",
  );
}

function unexpected(id: SessionId, error: unknown): SessionStoreError {
  return new StorageError("STORAGE_FAILED", `Could not copy session ${id}: ${String(error)}.`, "unknown", {
    cause: error,
  });
}
