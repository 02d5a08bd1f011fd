import { isSessionId, type AgentSession, type SessionId, type SessionStore } from "../../../src/index.ts";
import { LeaseBook } from "./lease-book.ts";
import { nameOf } from "./message-text.ts";
import { RemovalBook } from "./removal-book.ts";
import { SessionModel, type Content } from "./session-model.ts";

export class Violation extends Error {}

/** Everything that clients did and were told, for all sessions. */
export class History {
  readonly models = new Map<SessionId, SessionModel>();
  readonly ids: readonly SessionId[];
  readonly leases = new LeaseBook();
  readonly removals = new RemovalBook();
  /** Sessions whose deletion may have been cut short behind the removal of the document; nobody else removes one. */
  readonly removing = new Set<SessionId>();
  /** The message of each session that was to be redacted last. */
  readonly redacted = new Map<SessionId, string>();
  #time = 0;
  #message = 0;

  constructor(sessions: number) {
    this.ids = Array.from({ length: sessions }, (_, index) => idOf(index));
    for (const id of this.ids) this.models.set(id, new SessionModel());
  }

  /** The same as it stands now, with everything that is under way cut short. */
  asAfterACut(): History {
    const copy = new History(this.ids.length);
    copy.#message = this.#message;
    for (const id of this.removing) copy.removing.add(id);
    copy.#time = this.#time;
    for (const [id, model] of this.models) copy.models.set(id, model.copy());
    for (const model of copy.models.values()) model.forgetRunning();
    return copy;
  }

  model(id: SessionId): SessionModel {
    return this.models.get(id) as SessionModel;
  }

  /** A time that is later than all before. */
  now(): number {
    return ++this.#time;
  }

  newMessage(): number {
    return ++this.#message;
  }
}

export function idOf(index: number): SessionId {
  const id = `00000000-0000-4000-8000-${String(index + 1).padStart(12, "0")}`;
  if (!isSessionId(id)) throw new Error(id);
  return id;
}

export function contentOf(session: AgentSession, revision: number): Content {
  return { revision, messages: session.messages.map(nameOf), title: session.metadata.title };
}

/** The same with its side list; for when nobody writes. */
export async function loadedWhole(
  store: SessionStore,
  id: SessionId,
): Promise<{ live: Content | undefined }> {
  const { live } = await loaded(store, id);
  if (live === undefined) return { live };
  const side: string[] = [];
  for await (const { item } of store.sideItems(id, { list: SIDE }))
    side.push(typeof item === "string" ? item : "?");
  return { live: { ...live, side } };
}

export const SIDE = "notes";

/** A session and its revision. */
export async function loaded(
  store: SessionStore,
  id: SessionId,
): Promise<{ session: AgentSession | undefined; live: Content | undefined }> {
  const session = await store.load(id);
  if (session === undefined) return { session, live: undefined };
  // A save of what has not changed touches nothing and tells the revision.
  const { revision } = await store.save(session);
  return { session, live: contentOf(session, revision) };
}

export async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
