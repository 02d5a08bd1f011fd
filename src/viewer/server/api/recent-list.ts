import type { ListPage } from "../../../index.ts";
import type { SessionStore } from "../../../store/session-store.ts";

/** A listing answers the keys that are pressed so many milliseconds after it was begun. */
const FRESH = 3000;

type Order = "created" | "updated";

/**
 * The listing that was read last, for whoever types: each key asks for all sessions again, and to read twenty thousand
 * takes longer than a key does. It is forgotten as soon as the viewer hears of a change, and after a while anyway.
 */
export class RecentList {
  readonly #store: SessionStore;
  #last: { readonly order: Order; readonly begun: number; readonly page: Promise<ListPage> } | undefined;

  constructor(store: SessionStore) {
    this.#store = store;
  }

  /** @param mayBeRecent whether one that is not older than `FRESH` is enough. */
  async read(order: Order, mayBeRecent: boolean): Promise<ListPage> {
    const begun = performance.now();
    if (mayBeRecent && this.#last?.order === order && begun - this.#last.begun < FRESH)
      return await this.#last.page;
    const page = this.#store.list({ order });
    const last = { order, begun, page };
    this.#last = last;
    const forget = (): void => {
      if (this.#last === last) this.#last = undefined;
    };
    // Nobody's memory holds it for longer.
    page.then(() => void setTimeout(forget, FRESH).unref(), forget);
    return await page;
  }

  forget(): void {
    this.#last = undefined;
  }
}
