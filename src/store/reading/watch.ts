import { SessionNotFoundError } from "../../session/errors/errors.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { SessionSummary } from "../../session/summary/summary.ts";
import { summariesOf } from "./summaries.ts";
import type { ListQuery, StorageEngine, StoredCommit } from "../../engine/contract.ts";
import { checkQuery, filterOf } from "../../engine/list-query.ts";

export interface WatchOptions {
  /** Ends the watching. */
  readonly signal?: AbortSignal | undefined;
  /** The revision to begin behind. Default: the current one. */
  readonly after?: number | undefined;
}

/** @see SessionStore.watch */
export async function* watchCommits(
  engine: StorageEngine,
  id: SessionId,
  { signal, after }: WatchOptions,
): AsyncGenerator<StoredCommit> {
  let revision = after ?? (await engine.summary(id))?.revision;
  if (revision === undefined) throw new SessionNotFoundError(id);
  using changes = changesOf(engine, signal);
  for await (const changed of changes.hints) {
    if (changed !== undefined && changed !== id) continue;
    try {
      for await (const commit of engine.commits(id, revision)) {
        revision = commit.revision;
        yield commit;
        if (commit.removed === true) return;
      }
    } catch (error) {
      if (!(error instanceof SessionNotFoundError)) throw error;
      // A document without a history of ours may get one yet.
      if ((await engine.summary(id)) === undefined) return;
    }
  }
}

/** @see SessionStore.watchSessions */
export async function* watchSummaries(
  engine: StorageEngine,
  query: ListQuery,
  { signal }: WatchOptions,
): AsyncGenerator<SessionSummary> {
  checkQuery(query);
  const wanted: ListQuery = { ...query, limit: undefined, cursor: undefined };
  using changes = changesOf(engine, signal);
  const seen = new Map<SessionId, string>();
  let isFirst = true;
  for await (const changed of changes.hints) {
    if (isFirst && changed === undefined) {
      // What is there already is only taken note of: a part at a time, however much it is.
      const all = summariesOf((page) => engine.list(page), wanted);
      for await (const summary of all) seen.set(summary.id, stateOf(summary));
      isFirst = false;
      continue;
    }
    for (const summary of await changedSummaries(engine, wanted, changed)) {
      const state = stateOf(summary);
      if (seen.get(summary.id) === state) continue;
      seen.set(summary.id, state);
      if (isFirst) continue;
      await untilDurable(engine, summary);
      yield summary;
    }
    isFirst = false;
  }
}

function stateOf({ revision, updatedAt }: SessionSummary): string {
  return `${revision} ${updatedAt}`;
}

/** Those that a hint may be about, the one that changed last at the end. */
async function changedSummaries(
  engine: StorageEngine,
  query: ListQuery,
  changed: SessionId | undefined,
): Promise<SessionSummary[]> {
  if (changed === undefined) return (await engine.list(query)).sessions.reverse();
  // One that cannot be read is nothing to tell of here; a listing does.
  const summary = await engine.summary(changed).catch(() => undefined);
  return summary !== undefined && filterOf(query)(summary) ? [summary] : [];
}

/** A summary is told as soon as another process has written it; a commit when it is durable. */
async function untilDurable(engine: StorageEngine, { id, revision }: SessionSummary): Promise<void> {
  try {
    for await (const commit of engine.commits(id, revision - 1)) if (commit.revision >= revision) return;
  } catch {
    // No history, or a damaged one: the summary is all there is.
  }
}

function changesOf(
  engine: StorageEngine,
  signal: AbortSignal | undefined,
): Disposable & { readonly hints: AsyncIterable<SessionId | undefined> } {
  const controller = new AbortController();
  const end = signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]);
  return {
    hints: engine.changes(end),
    [Symbol.dispose]: () => {
      controller.abort();
    },
  };
}
