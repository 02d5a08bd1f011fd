import type { ListPage } from "../../../index.ts";
import type { SessionStore } from "../../../store/session-store.ts";
import { KeptRows } from "./kept-rows.ts";
import type { Rows } from "./rows.ts";
import type { Listed } from "./session-row.ts";

/** Keys that are pressed are answered from rows that were brought up to the store so many milliseconds ago. */
const FRESH = 3000;
/** So long rows are kept, in milliseconds. */
const LONGEST = 30_000;

/** The rows of all sessions, and what cannot be read. */
export interface AllRows {
  readonly rows: Rows;
  readonly unreadable: ListPage["unreadable"];
}

/**
 * All rows, for whoever asks for some of them: a list and its pages, what is typed into the search, the overview. They
 * are read once, and kept for a while.
 */
export class RecentList {
  readonly #store: SessionStore;
  #kept: Promise<KeptRows> | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(store: SessionStore) {
    this.#store = store;
  }

  /** All rows as they are. @param isTyping they may be as they were a moment ago. */
  async read(isTyping = false): Promise<AllRows> {
    const turn = this.#turn.then(() => this.#current(isTyping));
    this.#turn = turn.catch(() => undefined);
    const { rows, unreadable } = await turn;
    return { rows, unreadable };
  }

  /** Takes note that a session has changed. */
  note(id: string): void {
    this.#kept?.then(
      (kept) => kept.note(id),
      () => undefined,
    );
  }

  /** What the rows that are kept, or being read, say of a session; `undefined` when that is not known. */
  async known(id: string): Promise<Listed | undefined> {
    const kept = await this.#kept?.catch(() => undefined);
    return kept !== undefined && (kept.age < FRESH || !kept.isDoubtful) ? kept.known(id) : undefined;
  }

  async #current(isTyping: boolean): Promise<KeptRows> {
    const kept = await this.#kept;
    if (kept === undefined) return await this.#readAll();
    if (isTyping && kept.age < FRESH && !kept.hasChanged) return kept;
    if (!kept.isDoubtful) await kept.follow();
    return kept.isDoubtful ? await this.#readAll() : kept;
  }

  async #readAll(): Promise<KeptRows> {
    this.#forget();
    const reading = KeptRows.read(this.#store);
    this.#kept = reading;
    const forget = (): void => {
      if (this.#kept === reading) this.#forget();
    };
    // Nobody's memory holds it for longer.
    reading.then(() => void setTimeout(forget, LONGEST).unref(), forget);
    return await reading;
  }

  #forget(): void {
    this.#kept?.then(
      (kept) => kept.end(),
      () => undefined,
    );
    this.#kept = undefined;
  }
}
