import { cpSync, existsSync, readdirSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { CorruptSessionError, SessionStore, type EngineReport, type SessionId } from "../../src/index.ts";

/** A copy of a store as it was checked in. The files' times are part of what a store says, and git keeps none. */
export function copyFixture(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
  for (const name of readdirSync(to, { recursive: true, encoding: "utf8" })) {
    if (statSync(join(to, name)).isFile()) utimesSync(join(to, name), COPIED_AT, COPIED_AT);
  }
}

const COPIED_AT = new Date("2026-03-01T12:00:00Z");

/** All that a store says of itself, without being changed: what an expectation file holds. */
export async function readFixture(directory: string): Promise<Record<string, unknown>> {
  await using store = new SessionStore(directory);
  const reports: EngineReport[] = [];
  store.on("report", (report) => reports.push(report));
  const { sessions, unreadable } = await store.list({});
  const trash = await store.trashed();
  const read: Record<string, unknown> = {};
  for (const { id } of sessions.toSorted((left, right) => (left.id < right.id ? -1 : 1))) {
    const session = await store.load(id);
    const hasHistory = existsSync(join(directory, `${id}.journal.jsonl`));
    read[id] = {
      head: session?.head(),
      messages: session?.messages,
      sideItems: await all(store.sideItems(id)),
      history: hasHistory ? await historyOf(store, id) : undefined,
      state: (await store.verify(id)).state,
    };
  }
  return {
    list: sessions,
    unreadable: unreadable.map(({ id, error }) => ({ id, code: error.code })),
    // When each was removed is left out: one that is on its way there counts as removed now.
    trash: trash.map(({ id, title, messageCount }) => ({ id, title, messageCount })),
    sessions: read,
    reports: reports.map(({ kind, sessionId }) => ({ kind, sessionId })),
  };
}

/** Every commit, and where damage ends them its code. */
async function historyOf(store: SessionStore, id: SessionId): Promise<unknown[]> {
  const commits: unknown[] = [];
  try {
    for await (const commit of store.engine.commits(id, 0)) commits.push(commit);
  } catch (error) {
    if (!(error instanceof CorruptSessionError)) throw error;
    commits.push(error.code);
  }
  return commits;
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
