import {
  FileEngine,
  SessionStore,
  SessionStoreError,
  type EngineReport,
  type SessionId,
} from "../../../src/index.ts";
import { allOf } from "../simulation/history.ts";
import { STORE } from "../simulation/inspection.ts";
import { Random } from "../simulation/random.ts";
import type { SimDisk } from "../simulation/sim-disk.ts";
import { SimProcess } from "../simulation/sim-process.ts";
import { NO_TROUBLES, World } from "../simulation/world.ts";

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
  readonly state: string;
}

/** The messages of a load, one text each. */
export interface Loaded {
  readonly head: string;
  readonly messages: readonly string[];
}

/** A store on a disk, in a process that is alone. */
export function openOn(disk: SimDisk): { store: SessionStore; reports: EngineReport[] } {
  const own = new SimProcess(new World(disk, new Random(2), NO_TROUBLES), "reader");
  const store = new SessionStore(new FileEngine(STORE, { disk: own }));
  const reports: EngineReport[] = [];
  store.on("report", (report) => reports.push(report));
  return { store, reports };
}

/** Asks for everything, in a store that was opened for it. */
export async function observe(disk: SimDisk, id: SessionId): Promise<Observation> {
  const { store, reports } = openOn(disk);
  const unreadable: string[] = [];
  const load = await answer(() => loadedText(store, id));
  const observation = {
    load,
    end: await answer(() => loadedText(store, id, 1_000_000)),
    messages: await answer(async () => {
      if ((await store.summary(id)) === undefined) return "absent";
      return JSON.stringify((await allOf(store.messages(id))).map(({ message }) => message));
    }),
    summary: await answer(async () => JSON.stringify((await store.summary(id)) ?? "absent")),
    listed: await answer(async () => {
      const page = await store.listPage();
      unreadable.push(...page.unreadable.filter((one) => one.id === id).map(({ where }) => where));
      return JSON.stringify(page.sessions.find((one) => one.id === id) ?? "absent");
    }),
    side: await answer(async () => {
      if ((await store.summary(id)) === undefined) return "absent";
      return JSON.stringify(await allOf(store.sideItems(id)));
    }),
    trash: await answer(async () => JSON.stringify((await store.trashed()).filter((one) => one.id === id))),
    history: await answer(async () => {
      if ((await store.summary(id)) === undefined) return "[]";
      return JSON.stringify((await allOf(store.engine.commits(id, 0))).map((one) => JSON.stringify(one)));
    }),
  };
  const state = await answer(async () => {
    if ((await store.summary(id)) === undefined) return "absent";
    return (await store.verify(id)).state;
  });
  const refused = [...Object.values(observation), state].some((one) => "error" in one);
  const told = reports.some(({ sessionId }) => sessionId === id);
  const found = "value" in state ? state.value : "refused";
  await store.close();
  return {
    ...observation,
    isTold: refused || told || unreadable.length > 0 || (found !== "ok" && found !== "absent"),
    state: found,
  };
}

/** What a load brings. */
export function loadedFrom(text: string): Loaded | undefined {
  return text === "absent" ? undefined : (JSON.parse(text) as Loaded);
}

export async function loadedText(store: SessionStore, id: SessionId, lastMessages?: number): Promise<string> {
  const session = await store.load(id, { lastMessages });
  if (session === undefined) return "absent";
  const messages = session.messages.map((message) => JSON.stringify(message));
  return JSON.stringify({ head: JSON.stringify(session.head()), messages } satisfies Loaded);
}

export async function answer(ask: () => Promise<string>): Promise<Answer> {
  try {
    return { value: await ask() };
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { error: text, isTyped: error instanceof SessionStoreError };
  }
}
