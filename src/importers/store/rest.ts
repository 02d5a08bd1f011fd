import type { SessionId } from "../../session/session-id.ts";
import { SessionStoreError } from "../../session/errors/errors.ts";
import type { SessionStore } from "../../store/session-store.ts";
import type { FileOutcome } from "./file-outcome.ts";

/** What has changed nothing: the session is gone, or damaged, which `doctor` tells, or this runtime cannot pack. */
const LEFT = new Set(["SESSION_NOT_FOUND", "ZSTD_MISSING", "CORRUPT_SESSION", "NEWER_FORMAT"]);

/** Which sessions rest when they are brought in: they are packed on the way. */
export class Rest {
  readonly #store: SessionStore;
  readonly #afterMs: number;

  /** @param afterMs nothing was said in them for so long; `undefined`: none rests. */
  constructor(store: SessionStore, afterMs: number | undefined) {
    this.#store = store;
    this.#afterMs = store.engine.pack === undefined ? Infinity : (afterMs ?? Infinity);
  }

  readonly isResting = (at: string): boolean => Date.now() - Date.parse(at) >= this.#afterMs;

  /**
   * Packs the sessions of a file that rest and did not come in packed. Also one that the store had already: whoever
   * brought it in may have been killed before it was packed.
   */
  async pack({ plan, main, others }: FileOutcome): Promise<void> {
    if (plan.type === "unchanged") await this.#pack(plan.id, plan.stored.updatedAt);
    for (const one of [main, ...others])
      if (one?.changed === true && !one.isPacked) await this.#pack(one.id, one.activeAt);
  }

  async #pack(id: SessionId, activeAt: string): Promise<void> {
    if (!this.isResting(activeAt)) return;
    try {
      await this.#store.pack(id);
    } catch (error) {
      if (!(error instanceof SessionStoreError) || !LEFT.has(error.code)) throw error;
    }
  }
}
