import { expect } from "vitest";
import { titleOf, type SessionSummary } from "../../../src/session/summary/summary.ts";
import { isArchived, isPinned } from "../../../src/session/summary/marks.ts";
import { jsonEquals } from "../../../src/session/json/json.ts";
import { projectMessage } from "../../../src/session/projection/project-message.ts";
import type { Message } from "../../../src/session/message.ts";
import type { SessionId } from "../../../src/session/session-id.ts";
import type { SessionStore } from "../../../src/store/session-store.ts";
import { refused } from "./refused.ts";
import { contextOf, unpairedOf, type Life, type State } from "./session-model.ts";
import { MODELS, PLACES, ROLES, Speaker, TAGS } from "./steps.ts";
import { countedOf, groupsOf, workspacesOf } from "./workspace-model.ts";
import type { World } from "./world.ts";

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const NONE = { source: "astrid", userId: "0000000000000000", lastMessagePreview: null };

/** What the list, and the summary, have to say of a session. */
function summaryOf(id: SessionId, life: Life, world: World): object {
  const { messages, title, autoTitle, tags, workspacePath, workspaceId, model, tokens } = life.now;
  const lease = world.held.get(id);
  return {
    ...{ id, title, autoTitle, tags, workspacePath, workspaceId, model, tokenCount: tokens },
    ...{ revision: life.revision, messageCount: messages.length, parentId: life.parentId },
    createdAt: life.createdAt,
    held: lease === undefined ? null : { by: lease.by, since: lease.since },
  };
}

function checkSummary(told: SessionSummary, life: Life, world: World): void {
  expect(told).toMatchObject(summaryOf(told.id, life, world));
  const { pinned, archived, custom, messages } = life.now;
  const { pinned: _, archived: __, taken_over: ___, taken_over_tokens: ____, ...own } = told.custom;
  expect(told.takenOver).toBe(Math.min(life.now.takenOver, messages.length));
  expect([isPinned(told), isArchived(told), own]).toEqual([pinned, archived, custom]);
  expect(told.source).toBe(NONE.source);
  const last = messages.map((message) => projectMessage(message).text).findLast((text) => text !== "");
  const preview = told.lastMessagePreview;
  expect(preview === null ? null : preview.slice(0, 60)).toBe(last?.slice(0, 60) ?? null);
}

/** The list: every session once, the one that was changed last first; and who was not touched has its time. */
export async function checkList(store: SessionStore, world: World): Promise<void> {
  const { sessions, unreadable } = await store.list({});
  expect(unreadable).toEqual([]);
  expect(sessions.map(({ id }) => id).sort()).toEqual([...world.lives.keys()].sort());
  expect(sessions.map(({ id }) => id)).toEqual(sorted(sessions).map(({ id }) => id));
  for (const told of sessions) {
    const life = world.lives.get(told.id) as Life;
    checkSummary(told, life, world);
    if (!life.isTouched) expect(told.updatedAt, "time of a session that nobody changed").toBe(life.updatedAt);
    expect(Date.parse(told.updatedAt)).toBeGreaterThanOrEqual(Date.parse(life.updatedAt));
    life.updatedAt = told.updatedAt;
    life.isTouched = false;
  }
  const latest = sessions.find(({ parentId, custom }) => parentId === null && !("archived" in custom));
  expect((await store.mostRecent())?.id).toBe(latest?.id);
}

function sorted(sessions: readonly SessionSummary[]): SessionSummary[] {
  return sessions.toSorted(
    (left, right) =>
      Date.parse(right.updatedAt) - Date.parse(left.updatedAt) || (left.id < right.id ? -1 : 1),
  );
}

/** The same list, through each filter. */
export async function checkFilters(store: SessionStore, world: World): Promise<void> {
  const wanted = (matches: (state: State, life: Life) => boolean): SessionId[] =>
    [...world.lives].flatMap(([id, life]) => (matches(life.now, life) ? [id] : [])).sort();
  const listed = async (query: Parameters<SessionStore["listWithMetadata"]>[0]): Promise<SessionId[]> =>
    (await store.listWithMetadata(query)).map(({ id }) => id).sort();
  for (const tag of TAGS) expect(await listed({ tag })).toEqual(wanted(({ tags }) => tags.includes(tag)));
  for (const model of MODELS)
    if (model !== null) expect(await listed({ model })).toEqual(wanted((state) => state.model === model));
  for (const is of [true, false]) {
    expect(await listed({ pinned: is })).toEqual(wanted(({ pinned }) => pinned === is));
    expect(await listed({ archived: is })).toEqual(wanted(({ archived }) => archived === is));
  }
  expect(await listed({ includeSubagents: false })).toEqual(wanted((_, { parentId }) => parentId === null));
  const titled = wanted((state) => (titleOf(state) ?? "").includes("named1"));
  expect(await listed({ titleMatches: "NAMED1" })).toEqual(titled);
  const groups = groupsOf(world.lives);
  for (const path of PLACES) {
    if (path === null) continue;
    const here = (await store.listForWorkspace(path)).map(({ id }) => id).sort();
    expect(here, `sessions of ${path}`).toEqual(
      [...world.lives.keys()].filter((id) => groups.isIn(id, path)).sort(),
    );
    expect(await listed({ workspace: { path } })).toEqual(wanted((state) => state.workspacePath === path));
  }
  const pages: SessionId[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await store.list({ limit: 2, cursor });
    pages.push(...page.sessions.map(({ id }) => id));
    cursor = page.nextCursor;
    if (cursor === undefined) break;
  }
  expect(pages).toEqual((await store.listWithMetadata()).map(({ id }) => id));
}

/** One session: as it is loaded, its context, its history, its side lists. */
export async function checkSession(store: SessionStore, world: World, id: SessionId): Promise<void> {
  const life = world.lives.get(id);
  const [session, summary] = [await store.load(id), await store.summary(id)];
  if (life === undefined) {
    expect([session, summary], `session ${id}, which was removed`).toEqual([undefined, undefined]);
    return;
  }
  if (session === undefined || summary === undefined) throw new Error(`session ${id} is not there`);
  checkSummary(summary, life, world);
  const { now } = life;
  expect(jsonEquals(session.messages, now.messages), `messages of ${id}`).toBe(true);
  expect([session.metadata.title, session.tokenCount]).toEqual([now.title, now.tokens]);
  expect(session.context().map(({ role, content }) => [role, content])).toEqual(contextOf(now));
  expect((await store.unpaired(id)).map(({ position }) => position)).toEqual(unpairedOf(now.messages));
  const tail = (await collected(store.messages(id, { reverse: true, limit: 3 }))).map(
    ({ message }) => message,
  );
  expect(jsonEquals(tail.reverse(), now.messages.slice(-3)), `tail of ${id}`).toBe(true);
  const items = await collected(store.sideItems(id));
  expect(byList(items.map(({ list, item }) => [list, item]))).toEqual(byList(life.sideAt(life.revision)));
}

export async function checkHistory(store: SessionStore, world: World, id: SessionId): Promise<void> {
  const life = world.lives.get(id);
  if (life === undefined) return;
  const told = (await collected(store.history(id))).reverse();
  const gone = life.begins - 1;
  const states = life.states.slice(gone);
  expect(told.map(({ revision }) => revision)).toEqual(states.map((_, index) => life.begins + index));
  expect(told.map(({ messageCount }) => messageCount)).toEqual(states.map(({ messages }) => messages.length));
  // The first that is kept holds the session whole.
  const spliced = life.splices
    .slice(gone)
    .map((one, index) => (one === "any" || (index === 0 && gone > 0) ? told[index]?.changed?.messages : one));
  expect(told.map(({ changed }) => changed?.messages)).toEqual(spliced);
}

/** As it was at each of its revisions. */
async function checkRevisions(store: SessionStore, world: World, id: SessionId): Promise<void> {
  const life = world.lives.get(id);
  if (life === undefined) return;
  if (life.begins > 1) await refused(store.load(id, { revision: life.begins - 1 }), "INVALID_ARGUMENT");
  for (let revision = life.begins; revision <= life.revision; revision++) {
    const state = life.at(revision);
    const view = await store.load(id, { revision });
    expect(jsonEquals(view?.messages, state.messages), `messages of ${id} at ${revision}`).toBe(true);
    expect([view?.metadata.title, view?.metadata.tags]).toEqual([state.title, state.tags]);
  }
}

function byList(items: readonly (readonly [list: string, item: unknown])[]): Record<string, unknown[]> {
  const lists: Record<string, unknown[]> = {};
  for (const [list, item] of items) (lists[list] ??= []).push(item);
  return lists;
}

/** Where a message was said, in a session and in the forks that took it over. */
interface Said {
  readonly role: string;
  /** Undefined where only forks have it still. */
  original?: SessionId;
  readonly copies: SessionId[];
}

/** Messages of which something is true, each once whoever has it. */
function saidIn(world: World, isMeant: (message: Message) => boolean): Said[] {
  const all = new Map<string, Said>();
  const fromOf = (id: SessionId, position: number): SessionId | undefined => {
    const now = world.lives.get(id)?.now;
    const message = now?.messages[position];
    if (now === undefined || message === undefined || !isMeant(message)) return undefined;
    const isTakenOver = position < Math.min(now.takenOver, now.messages.length);
    return isTakenOver ? ((now.custom["forked_from"] ?? "").slice(0, 36) as SessionId) : undefined;
  };
  for (const [id, { now }] of world.lives) {
    for (const [position, message] of now.messages.entries()) {
      if (!isMeant(message)) continue;
      let where = id;
      for (let from = fromOf(id, position); from !== undefined; from = fromOf(from, position)) where = from;
      const key = `${where} ${position}`;
      const said: Said = all.get(key) ?? { role: message.role, copies: [] };
      all.set(key, said);
      if (where === id) said.original = id;
      else said.copies.push(id);
    }
  }
  return [...all.values()];
}

/** Where a word was said, once, and which forks have it too. */
export async function checkSearch(store: SessionStore, world: World, number: number): Promise<void> {
  const word = Speaker.wordOf(number);
  const wanted = saidIn(world, (message) => JSON.stringify(message).includes(`${word} `));
  const hits = await store.search(`"${word}"`, { limit: 1000 });
  const idsOf = (said: Said): string[] =>
    (said.original === undefined ? [] : [said.original]).concat(said.copies);
  const sorted = (groups: readonly (readonly string[])[]): string[] =>
    groups.map((ids) => ids.toSorted().join(" ")).sort();
  const found = hits.map(({ id, alsoIn = [] }) => [id, ...alsoIn]);
  expect(sorted(found), `finds of ${word}`).toEqual(sorted(wanted.map(idsOf)));
  for (const { id } of hits) {
    const said = wanted.find((one) => idsOf(one).includes(id));
    if (said?.original !== undefined) expect(id, `where ${word} was said`).toBe(said.original);
  }
  const role = ROLES[number % ROLES.length] ?? "user";
  const ofRole = await store.search(`"${word}"`, { role, limit: 1000 });
  expect(ofRole).toHaveLength(wanted.filter((said) => said.role === role).length);
}

async function checkTitles(store: SessionStore, world: World): Promise<void> {
  const found = (await store.search('"named1"', { limit: 1000 })).map(
    ({ id, position }) => `${id} ${position}`,
  );
  const wanted = [...world.lives].filter(([, { now }]) => /^named1\b/.test(now.title ?? ""));
  expect(found.sort()).toEqual(wanted.map(([id]) => `${id} undefined`).sort());
}

export async function checkTrash(store: SessionStore, world: World): Promise<void> {
  const trashed = await store.trashed();
  const line = (id: string, title: string | null, count: number, parentId: string | null): string =>
    JSON.stringify([id, title, count, parentId]);
  const told = trashed.map(({ id, title, messageCount, parentId }) =>
    line(id, title, messageCount, parentId),
  );
  const wanted = world.trash
    .toReversed()
    .map(({ id, life }) => line(id, life.now.title, life.now.messages.length, life.parentId));
  // Of one id the order counts; that of others within a millisecond nobody knows.
  const byId = (lines: readonly string[]): string[] =>
    lines.toSorted((left, right) =>
      left.slice(0, 40) < right.slice(0, 40) ? -1 : left.slice(0, 40) > right.slice(0, 40) ? 1 : 0,
    );
  expect(byId(told)).toEqual(byId(wanted));
  const log = (await store.removals()).map(({ removedAt: _, rule: __, reason: ___, ...entry }) => entry);
  const text = (entries: readonly object[]): string[] =>
    entries.map((entry) => JSON.stringify(Object.entries(entry).sort())).sort();
  expect(text(log), "the log of removals").toEqual(text(world.log));
}

export async function checkWorkspaces(store: SessionStore, world: World): Promise<void> {
  const told = (await store.workspaces()).map(({ sessionCount, messageCount, paths }) => ({
    ...{ sessionCount, messageCount },
    paths: [...paths].sort(),
  }));
  const text = (all: readonly object[]): string[] => all.map((one) => JSON.stringify(one)).sort();
  expect(text(told)).toEqual(text(workspacesOf(world.lives)));
}

async function checkUsage(store: SessionStore, world: World): Promise<void> {
  const usage = await store.usage({ by: "workspace" });
  const counts = usage.filter(({ key }) => key !== null).map(({ sessionCount }) => sessionCount);
  expect(counts.sort()).toEqual(
    workspacesOf(world.lives)
      .map(({ sessionCount }) => sessionCount)
      .sort(),
  );
  const bySession = (await store.usage()).map(({ key, messageCount }) => `${key} ${messageCount}`);
  const wanted = [...world.lives].map(([id, { now }]) => `${id} ${countedOf(world.lives, now)}`);
  expect(bySession.sort()).toEqual(wanted.sort());
}

/** All that can be asked of a store. */
export async function checkAll(store: SessionStore, world: World, said: number): Promise<void> {
  await checkList(store, world);
  await checkFilters(store, world);
  await checkTrash(store, world);
  await checkWorkspaces(store, world);
  await checkUsage(store, world);
  await checkTitles(store, world);
  for (const id of world.ids) {
    await checkSession(store, world, id);
    await checkHistory(store, world, id);
    await checkRevisions(store, world, id);
  }
  for (let number = Math.max(said - 5, 1); number <= said; number++) await checkSearch(store, world, number);
}
