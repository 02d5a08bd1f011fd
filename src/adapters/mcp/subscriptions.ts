import { SessionNotFoundError } from "../../session/errors/errors.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { SessionStore } from "../../store/session-store.ts";

interface Client {
  /** Tells that a session has changed. */
  readonly updated: (id: SessionId) => Promise<void>;
  /** Told why a session is watched no longer. */
  readonly failed: (error: Error) => void;
}

/** The sessions whose changes a client is told of, each by its commits. */
export class Subscriptions {
  readonly #store: SessionStore;
  readonly #client: Client;
  readonly #watched = new Map<SessionId, AbortController>();

  constructor(store: SessionStore, client: Client) {
    this.#store = store;
    this.#client = client;
  }

  /** Begins with the revision that is current now; a second time is the same as once. @throws {SessionNotFoundError} */
  async add(id: SessionId): Promise<void> {
    const summary = await this.#store.summary(id);
    if (summary === undefined) throw new SessionNotFoundError(id);
    if (this.#watched.has(id)) return;
    const watching = new AbortController();
    this.#watched.set(id, watching);
    void this.#watch(id, summary.revision, watching.signal);
  }

  remove(id: SessionId): void {
    this.#watched.get(id)?.abort();
    this.#watched.delete(id);
  }

  close(): void {
    for (const id of [...this.#watched.keys()]) this.remove(id);
  }

  /** Ends when the session is removed, which is told too. */
  async #watch(id: SessionId, after: number, signal: AbortSignal): Promise<void> {
    try {
      let removed = false;
      for await (const commit of this.#store.watch(id, { after, signal })) {
        removed = commit.removed === true;
        // What changed, the client finds out by reading.
        await this.#client.updated(id);
      }
      // Not every engine tells of a removal by a commit.
      if (!removed && !signal.aborted) await this.#client.updated(id);
    } catch (error) {
      if (!signal.aborted) this.#client.failed(error as Error);
    } finally {
      if (!signal.aborted) this.#watched.delete(id);
    }
  }
}
