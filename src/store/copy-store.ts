import { createHash, type Hash } from "node:crypto";
import type { StorageEngine, StoredCommit } from "../engine/contract.ts";
import { ConflictError, InvalidArgumentError, SessionStoreError, StorageError } from "../session/errors.ts";
import { toStoredChanges } from "../session/head.ts";
import { jsonText } from "../session/json.ts";
import type { Message } from "../session/message.ts";
import type { SessionId } from "../session/session-id.ts";
import { sideEntries, sideLists, type SideEntry } from "../session/side-lists.ts";
import type { SessionSummary } from "../session/summary.ts";

/** What became of one session. */
export interface CopiedSession {
  readonly id: SessionId;
  /**
   * `copied`: with its history. `copied-current`: as it is now, because its history was given up. `unchanged`: it was
   * there already. `failed`: see `error`; the target's session, if there is one, was not overwritten.
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

/**
 * Copies all sessions of one engine into another, with every revision, and compares the result. May be repeated: what
 * is there is not written again, and a copy that ended early goes on. A session that the target has with another
 * content is reported and left alone. Times of commits become those of the copy; the order of the listing is kept.
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
      const step = await catchUp(from, to, id);
      if (step !== "unchanged") state = step;
      const source = await contentOf(from, id);
      const target = await contentOf(to, id);
      if (source.checksum === target.checksum) return { id, state, ...source, error: undefined };
      if (step === "unchanged" || round === ROUNDS) throw differs(id, source.revision, target.revision);
    }
  } catch (error) {
    const known = error instanceof SessionStoreError ? error : unexpected(id, error);
    return { id, state: "failed", messageCount: 0, checksum: undefined, error: known };
  }
}

/** Writes to the target what it lacks. */
async function catchUp(
  from: StorageEngine,
  to: StorageEngine,
  id: SessionId,
): Promise<CopiedSession["state"]> {
  const there = (await to.summary(id))?.revision ?? 0;
  let first = true;
  let state: CopiedSession["state"] = "unchanged";
  try {
    for await (const commit of from.commits(id, Math.max(there - 1, 0))) {
      if (first && commit.revision !== Math.max(there, 1)) return await copyCurrent(from, to, id);
      first = false;
      if (commit.revision === there) {
        // The last commit that both have: if it is the same, so is all that lies before it.
        if (!(await hasCommit(to, id, commit))) return await copyCurrent(from, to, id);
        continue;
      }
      await replay(to, id, commit);
      state = "copied";
    }
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    return await copyCurrent(from, to, id);
  }
  return state;
}

async function replay(to: StorageEngine, id: SessionId, commit: StoredCommit): Promise<void> {
  const { revision, operationId, splice, side, at } = commit;
  // The count is part of every commit, as some engines note it apart from the fields.
  const set = { ...commit.set, tokenCount: commit.tokenCount };
  await to.commit(id, { base: revision - 1, operationId, splice, set, side, at });
}

/** Copies a session whose history is gone as it is now; in steps that can be repeated. */
async function copyCurrent(
  from: StorageEngine,
  to: StorageEngine,
  id: SessionId,
): Promise<CopiedSession["state"]> {
  const source = await from.read(id);
  if (source === undefined) return "unchanged";
  const step = (n: number): string => `copy ${source.tag} ${n}`;
  const existing = await to.summary(id);
  const at = source.updatedAt;
  const first = { base: 0, operationId: step(0), set: { ...source.head }, at };
  if (existing !== undefined) {
    const { repeated } = await to.commit(id, first).catch((error: unknown) => {
      throw error instanceof ConflictError ? differs(id, source.revision, existing.revision) : error;
    });
    if (!repeated) throw differs(id, source.revision, existing.revision);
  } else {
    await to.commit(id, first);
  }
  let stored = existing === undefined;
  for (let start = 0; start < source.messages.length; start += BATCH) {
    const messages = source.messages.slice(start, start + BATCH);
    const { repeated } = await to.commit(id, {
      operationId: step(start + 1),
      splice: ["end", 0, messages],
      at,
    });
    stored ||= !repeated;
  }
  for (let position = 0; ;) {
    const entries: SideEntry[] = [];
    for await (const { list, item } of from.sideItems(id, { from: position, limit: BATCH }))
      entries.push([list, item]);
    if (entries.length === 0) break;
    const operationId = `${step(position)} side`;
    const { repeated } = await to.commit(id, { operationId, side: sideLists(entries), at });
    stored ||= !repeated;
    position += entries.length;
  }
  return stored ? "copied-current" : "unchanged";
}

async function hasCommit(to: StorageEngine, id: SessionId, commit: StoredCommit): Promise<boolean> {
  for await (const there of to.commits(id, commit.revision - 1)) return describe(there) === describe(commit);
  return false;
}

/** What a commit changes, as text; the token count apart, as `set` may or may not name it. */
function describe({ splice, set, side, tokenCount }: StoredCommit): string {
  const { tokenCount: _, ...fields } = set ?? {};
  const changes = Object.entries(toStoredChanges(fields)).sort(([left], [right]) => (left < right ? -1 : 1));
  const [start, deleteCount, messages] = splice ?? [0, 0, []];
  return jsonText([
    messages.length + deleteCount === 0 ? 0 : start,
    deleteCount,
    [...messages],
    changes,
    tokenCount,
    ...sideEntries(side),
  ]);
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
