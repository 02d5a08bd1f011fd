import {
  SessionStoreError,
  type EngineReport,
  type SessionId,
  type SessionStore,
  type SessionSummary,
  type TrashedSession,
} from "../../../src/index.ts";
import { allOf } from "../simulation/history.ts";
import { openAlone } from "../simulation/open-alone.ts";
import type { SimDisk } from "../simulation/sim-disk.ts";

/** What a call gave, as text that can be compared, or how it was refused. */
export type Answer = { readonly value: string } | { readonly error: string; readonly isTyped: boolean };

/** Everything that the API says of one session. */
export interface Observation {
  readonly load: Answer;
  readonly end: Answer;
  readonly messages: Answer;
  readonly summary: Answer;
  readonly listed: Answer;
  readonly side: Answer;
  readonly trash: Answer;
  readonly history: Answer;
  /** Whether anything of it told of damage. */
  readonly isTold: boolean;
}

/** The messages of a load, one text each. */
export interface Loaded {
  readonly head: string;
  readonly messages: readonly string[];
}

/** Asks for everything about some sessions, in a store that was opened for it. */
export async function observe(disk: SimDisk, ids: readonly SessionId[]): Promise<Observation[]> {
  const { store, reports } = openAlone(disk);
  const page = await answer(async () => {
    const { sessions, unreadable } = await store.list({});
    return JSON.stringify({ sessions, unreadable: unreadable.map(({ id }) => id) });
  });
  const trashed = await answer(async () => JSON.stringify(await store.trashed()));
  const observations: Observation[] = [];
  for (const id of ids) observations.push(await observeOne(store, id, page, trashed, reports));
  await store.close();
  return observations;
}

async function observeOne(
  store: SessionStore,
  id: SessionId,
  page: Answer,
  trashed: Answer,
  reports: readonly EngineReport[],
): Promise<Observation> {
  const ofThis = (one: Answer, pick: (value: string) => unknown): Answer =>
    "error" in one ? one : { value: JSON.stringify(pick(one.value)) };
  const orAbsent = (ask: () => Promise<string>): Promise<Answer> =>
    answer(async () => ((await store.summary(id)) === undefined ? "absent" : await ask()));
  const listing = "error" in page ? { sessions: [], unreadable: [] } : (JSON.parse(page.value) as Listing);
  const observation = {
    load: await answer(() => loadedText(store, id)),
    end: await answer(() => loadedText(store, id, 1_000_000)),
    messages: await orAbsent(async () =>
      JSON.stringify((await allOf(store.messages(id))).map(({ message }) => message)),
    ),
    summary: await answer(async () => JSON.stringify((await store.summary(id)) ?? "absent")),
    listed: ofThis(page, () => listing.sessions.find((one) => one.id === id) ?? "absent"),
    side: await orAbsent(async () => JSON.stringify(await allOf(store.sideItems(id)))),
    trash: ofThis(trashed, (value) => (JSON.parse(value) as TrashedSession[]).filter((one) => one.id === id)),
    history: await orAbsent(async () =>
      JSON.stringify((await allOf(store.engine.commits(id, 0))).map((one) => JSON.stringify(one))),
    ),
  };
  const verified = await orAbsent(async () => (await store.verify(id)).state);
  const isRefused = [...Object.values(observation), verified].some((one) => "error" in one);
  const isReported = reports.some(({ sessionId }) => sessionId === id) || listing.unreadable.includes(id);
  const isSound = "value" in verified && (verified.value === "ok" || verified.value === "absent");
  return { ...observation, isTold: isRefused || isReported || !isSound };
}

interface Listing {
  readonly sessions: readonly SessionSummary[];
  readonly unreadable: readonly (SessionId | undefined)[];
}

/** What a load brings. */
export function loadedFrom(text: string): Loaded | undefined {
  return text === "absent" ? undefined : (JSON.parse(text) as Loaded);
}

export async function loadedText(store: SessionStore, id: SessionId, lastMessages?: number): Promise<string> {
  const session = await (lastMessages === undefined ? store.load(id) : store.load(id, { lastMessages }));
  if (session === undefined) return "absent";
  const messages = session.messages.map((message) => JSON.stringify(message));
  const { metadata, createdAt, parentId, userId, systemPrompt, tokenCount, gitState, extra } = session;
  const { workspacePath, workspaceId, model, allowances, budgetSnapshot, escapeState } = session;
  const head = JSON.stringify({
    ...{ ...metadata, createdAt, parentId, userId, systemPrompt, tokenCount, gitState, extra },
    ...{ workspacePath, workspaceId, model, allowances, budgetSnapshot, escapeState },
  });
  return JSON.stringify({ head, messages } satisfies Loaded);
}

export async function answer(ask: () => Promise<string>): Promise<Answer> {
  try {
    return { value: await ask() };
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { error: text, isTyped: error instanceof SessionStoreError };
  }
}
