import { ConflictError } from "../../session/errors/errors.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { SessionStore } from "../../store/session-store.ts";
import { storedHead } from "../../store/reading/stored-head.ts";

/**
 * Sub-agents of sub-agents. Their files name only the session at the root; whose calls began them stands in the file of
 * the sub-agent that made the calls, which may come before or after their own.
 */
export class Families {
  readonly #store: SessionStore;
  readonly #parents = new Map<SessionId, SessionId>();

  constructor(store: SessionStore) {
    this.#store = store;
  }

  /** A file was imported as the session `id`, and told of the sub-agents that its sessions called. */
  async saw(id: SessionId, children: ReadonlyMap<SessionId, SessionId>): Promise<void> {
    const parent = this.#parents.get(id);
    if (parent !== undefined) await this.#adopt(id, parent);
    for (const [child, of] of children) {
      this.#parents.set(child, of);
      await this.#adopt(child, of);
    }
  }

  async #adopt(child: SessionId, parent: SessionId): Promise<void> {
    const stored = await storedHead(this.#store.engine, child);
    if (stored === undefined || stored.head.parentId === parent || stored.head.parentId === null) return;
    const { revision: base, tag: baseTag, updatedAt: at } = stored;
    try {
      await this.#store.commit(child, { base, baseTag, at, set: { parentId: parent } });
    } catch (error) {
      // Somebody writes to it: the next import of the file sees to it.
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}
