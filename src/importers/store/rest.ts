import type { SessionId } from "../../session/session-id.ts";
import { SessionStoreError } from "../../session/errors/errors.ts";
import type { SessionStore } from "../../store/session-store.ts";

/** A session that was written. */
interface Written {
  readonly id: SessionId;
  readonly changed: boolean;
  /** When something was last said in it. */
  readonly activeAt: string;
  /** Where it waited for others: then it was packed with them. */
  readonly stored: unknown;
}

/** What has changed nothing: the session is gone, or this runtime cannot pack. */
const LEFT = new Set(["SESSION_NOT_FOUND", "ZSTD_MISSING"]);

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

  /** Packs those that rest and came in by several commits, or in a file with others. */
  async pack(written: readonly (Written | undefined)[]): Promise<void> {
    for (const one of written) {
      if (one?.changed !== true || one.stored !== undefined || !this.isResting(one.activeAt)) continue;
      try {
        await this.#store.pack(one.id);
      } catch (error) {
        if (!(error instanceof SessionStoreError) || !LEFT.has(error.code)) throw error;
      }
    }
  }
}
