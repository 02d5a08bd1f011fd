import type { SessionSnapshot } from "../../../store/reading/snapshot.ts";
import type { SessionStore } from "../../../store/session-store.ts";
import { SessionMap } from "./session-map.ts";

/** The maps of so many sessions are kept, each for so long after it was asked for last, in milliseconds. */
const KEPT = 3;
const KEPT_FOR = 10 * 60_000;

interface Kept {
  readonly map: SessionMap;
  readonly timer: NodeJS.Timeout;
}

/** The maps of the sessions that are being read. */
export class SessionMaps {
  readonly #store: SessionStore;
  readonly #kept = new Map<string, Kept>();
  /** Answers that somebody waits for while a map is made. */
  #urgent = 0;
  #whenCalm: (() => void)[] = [];

  constructor(store: SessionStore) {
    this.#store = store;
  }

  /** Nothing goes on with a map until this is done. */
  async before<T>(urgent: () => Promise<T>): Promise<T> {
    this.#urgent++;
    try {
      return await urgent();
    } finally {
      this.#urgent--;
      if (this.#urgent === 0) for (const go of this.#whenCalm.splice(0)) go();
    }
  }

  /** The map of a session at the revision of a snapshot, as far as it is known. */
  async of(snapshot: SessionSnapshot): Promise<SessionMap> {
    const { id, tag, revision } = snapshot;
    const kept = this.#kept.get(id);
    const known = kept?.map;
    const from =
      known === undefined || known.tag === tag ? undefined : await this.#changedFrom(known, snapshot);
    const isSame = known !== undefined && known.tag === tag;
    if (known !== undefined && !isSame && from !== undefined) known.moveTo(tag, revision, from);
    const map = isSame || from !== undefined ? (known as SessionMap) : new SessionMap(snapshot);
    this.#keep(id, map);
    return map;
  }

  /** Reads what a map does not know yet of a snapshot; ends early with the signal, and when the session has moved on. */
  async cover(map: SessionMap, snapshot: SessionSnapshot, signal: AbortSignal): Promise<void> {
    const isLeft = (): boolean => map.tag === snapshot.tag && map.covered < snapshot.messageCount;
    while (isLeft() && !signal.aborted) {
      if (map.covering !== undefined) {
        // Somebody else is at it; what goes wrong there is told there.
        await map.covering.catch(() => undefined);
        continue;
      }
      const covering = this.#goOn(map, snapshot, () => !isLeft() || signal.aborted);
      map.covering = covering;
      try {
        await covering;
      } finally {
        map.covering = undefined;
      }
    }
  }

  async #goOn(map: SessionMap, snapshot: SessionSnapshot, isOver: () => boolean): Promise<void> {
    for await (const { position, message } of snapshot.messages({ from: map.covered })) {
      while (this.#urgent > 0) await new Promise<void>((go) => this.#whenCalm.push(go));
      if (isOver() || position !== map.covered) return;
      map.add(message);
    }
  }

  /** From which message on a session is another than its map knows it; `undefined` when the map is of no use. */
  async #changedFrom({ tag, revision }: SessionMap, snapshot: SessionSnapshot): Promise<number | undefined> {
    let from = Infinity;
    let isKnown = false;
    try {
      for await (const commit of this.#store.engine.commits(snapshot.id, revision - 1)) {
        if (!isKnown && commit.tag !== tag) return undefined;
        if (isKnown && commit.splice !== undefined) from = Math.min(from, commit.splice[0]);
        isKnown = true;
        if (commit.removed === true) return undefined;
        if (commit.tag === snapshot.tag) return from;
      }
    } catch {
      // Its history was given up, or cannot be read: then it is looked through anew.
    }
    return undefined;
  }

  #keep(id: string, map: SessionMap): void {
    clearTimeout(this.#kept.get(id)?.timer);
    // The one that was asked for last is forgotten last.
    this.#kept.delete(id);
    const timer = setTimeout(() => this.#kept.delete(id), KEPT_FOR).unref();
    this.#kept.set(id, { map, timer });
    for (const [first, { timer: old }] of this.#kept) {
      if (this.#kept.size <= KEPT) break;
      clearTimeout(old);
      this.#kept.delete(first);
    }
  }
}
