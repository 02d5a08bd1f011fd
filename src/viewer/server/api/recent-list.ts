import type { ListPage } from "../../../index.ts";
import type { SessionStore } from "../../../store/session-store.ts";
import type { SessionRow } from "../../shapes.ts";
import { rowOf } from "./session-row.ts";

/** A listing answers the keys that are pressed so many milliseconds after it was begun. */
const FRESH = 3000;
/** So many sessions are read at once. */
const PAGE = 200;

export type Order = "created" | "updated";

/** All sessions, some at a time: none is held for longer than it is looked at. */
export async function* pagesOf(store: SessionStore, order: Order): AsyncGenerator<ListPage> {
  let cursor: string | undefined;
  do {
    const page = await store.list({ order, limit: PAGE, cursor });
    yield page;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

/** The rows of all sessions, and what cannot be read. */
export interface AllRows {
  readonly rows: readonly SessionRow[];
  readonly unreadable: ListPage["unreadable"];
}

/**
 * The listing that was read last, for whoever types: each key asks for all sessions again, and to read twenty thousand
 * takes longer than a key does. It is forgotten as soon as the viewer hears of a change, and after a while anyway.
 */
export class RecentList {
  readonly #store: SessionStore;
  #last: { readonly order: Order; readonly begun: number; readonly all: Promise<AllRows> } | undefined;

  constructor(store: SessionStore) {
    this.#store = store;
  }

  async read(order: Order): Promise<AllRows> {
    const begun = performance.now();
    if (this.#last?.order === order && begun - this.#last.begun < FRESH) return await this.#last.all;
    const all = this.#readAll(order);
    const last = { order, begun, all };
    this.#last = last;
    const forget = (): void => {
      if (this.#last === last) this.#last = undefined;
    };
    // Nobody's memory holds it for longer.
    all.then(() => void setTimeout(forget, FRESH).unref(), forget);
    return await all;
  }

  forget(): void {
    this.#last = undefined;
  }

  async #readAll(order: Order): Promise<AllRows> {
    const rows: SessionRow[] = [];
    let unreadable: AllRows["unreadable"] = [];
    for await (const page of pagesOf(this.#store, order)) {
      for (const summary of page.sessions) rows.push(rowOf(summary));
      ({ unreadable } = page);
    }
    return { rows, unreadable };
  }
}
