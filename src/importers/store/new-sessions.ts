import type { Commit } from "../../session/commit.ts";
import type { SessionId } from "../../session/session-id.ts";
import type { SessionStore } from "../../store/session-store.ts";

/** So many new sessions, of so many bytes of their files, are stored together. */
const MOST_HELD = 64;
const MOST_BYTES = 8 << 20;

/** A new session that waits for its turn. */
interface Held {
  readonly id: SessionId;
  readonly commit: Commit;
  /** It rests: it is packed from the beginning, where the store can. */
  readonly isResting: boolean;
  readonly resolve: (isPacked: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * New sessions that an import has made of whole files, and that are stored together: what makes them durable is shared.
 * Nothing counts as stored before it is; whoever asks for a session that waits here stores it first.
 */
export class NewSessions {
  readonly #store: SessionStore;
  readonly #held = new Map<SessionId, Held>();
  #bytes = 0;

  constructor(store: SessionStore) {
    this.#store = store;
  }

  has(id: SessionId): boolean {
    return this.#held.has(id);
  }

  get isFull(): boolean {
    return this.#held.size >= MOST_HELD || this.#bytes >= MOST_BYTES;
  }

  /**
   * @param bytes of its file.
   * @returns whether it came in packed, when it is durable; rejects with a `ConflictError` when somebody else was first.
   */
  hold(id: SessionId, commit: Commit, isResting: boolean, bytes: number): Promise<boolean> {
    this.#bytes += bytes;
    return new Promise((resolve, reject) => {
      this.#held.set(id, { id, commit, isResting, resolve, reject });
    });
  }

  /** Stores all that wait. What fails is told to who waits for it. */
  async flush(): Promise<void> {
    const held = [...this.#held.values()];
    this.#held.clear();
    this.#bytes = 0;
    const left = new Set(held);
    const resting = held.filter(({ isResting }) => isResting);
    if (resting.length > 0) {
      const created = await this.#packed(resting);
      for (const [index, one] of resting.entries()) {
        const result = created[index];
        if (result?.status === "rejected") one.reject(result.reason);
        else if (result?.value === undefined) continue;
        else one.resolve(true);
        left.delete(one);
      }
    }
    await Promise.all(
      [...left].map(async ({ id, commit, resolve, reject }) => {
        await this.#store.commit(id, commit).then(() => resolve(false), reject);
      }),
    );
  }

  async #packed(resting: readonly Held[]): ReturnType<SessionStore["createPacked"]> {
    try {
      return await this.#store.createPacked(resting);
    } catch (reason) {
      return resting.map(() => ({ status: "rejected", reason }));
    }
  }
}
