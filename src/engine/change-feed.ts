import type { SessionId } from "../session/session-id.ts";

/** Hints that sessions may have changed, for any number of listeners; hints that nobody has taken yet are merged. */
export class ChangeFeed {
  readonly #listeners = new Set<(id: SessionId | undefined) => void>();

  /** Tells that a session, or with `undefined` any, may have changed. */
  tell(id: SessionId | undefined): void {
    for (const listener of this.#listeners) listener(id);
  }

  /** All hints from now on, beginning with one for any session. Ends with the signal. */
  async *hints(signal: AbortSignal): AsyncGenerator<SessionId | undefined> {
    let any = true;
    let changed = new Set<SessionId>();
    let wake = (): void => undefined;
    const listener = (id: SessionId | undefined): void => {
      if (id === undefined) any = true;
      else changed.add(id);
      wake();
    };
    const end = (): void => wake();
    this.#listeners.add(listener);
    signal.addEventListener("abort", end);
    try {
      while (!signal.aborted) {
        if (any) {
          any = false;
          changed.clear();
          yield undefined;
          continue;
        }
        if (changed.size > 0) {
          const ids = changed;
          changed = new Set();
          for (const id of ids) yield id;
          continue;
        }
        await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      this.#listeners.delete(listener);
      signal.removeEventListener("abort", end);
    }
  }
}
