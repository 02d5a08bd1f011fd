import type { SessionStore } from "../../store/session-store.ts";
import type { Finds } from "./state.ts";

const FINDS = 50;
/** So long no key has come before a search begins, in milliseconds. */
const QUIET = 40;

/**
 * Searches of the full text for what is being typed: one at a time, of those that wait the last one only, and when no
 * key has come for a moment, since a search holds up the keys that come meanwhile. What was typed is drawn before.
 */
export class Searching {
  readonly #store: SessionStore;
  readonly #found: (finds: Finds) => void;
  #isSearching = false;
  /** What is looked for next. */
  #next: string | undefined;

  constructor(store: SessionStore, found: (finds: Finds) => void) {
    this.#store = store;
    this.#found = found;
  }

  async ask(query: string): Promise<void> {
    this.#next = query;
    if (this.#isSearching) return;
    this.#isSearching = true;
    try {
      for (let asked = await this.#quiet(); asked !== undefined; asked = await this.#quiet())
        await this.#search(asked);
    } finally {
      this.#isSearching = false;
    }
  }

  /** What is looked for next, when no other key has come for a moment; `undefined` when nothing is. */
  async #quiet(): Promise<string | undefined> {
    let last: string | undefined;
    while (this.#next !== last) {
      last = this.#next;
      await new Promise((resolve) => setTimeout(resolve, QUIET));
    }
    this.#next = undefined;
    return last;
  }

  async #search(query: string): Promise<void> {
    const { searchAsTyped } = await import("./search-query.ts");
    const asked = searchAsTyped(query, new Date());
    if (asked === undefined) return;
    const hits = await this.#store.search(asked.text, { ...asked, limit: FINDS, mayBeBehind: true });
    this.#found({ query, hits });
  }
}
