import type { ListPage } from "../../../index.ts";
import type { SessionSummary } from "../../../session/summary/summary.ts";
import type { SessionStore } from "../../../store/session-store.ts";
import { Rows } from "./rows.ts";
import { listedOf, type Listed } from "./session-row.ts";

/** So many sessions are read at once. */
const PAGE = 1000;
/** So many that changed last are compared with what is known. */
const LOOKED_AT = 50;
/** When so many may have changed, all are read again: each takes a look at its files. */
const MOST_CHANGED = 500;

/**
 * The rows of all sessions, brought up to the store by what it tells of changes: to read twenty thousand again takes
 * half a second, to read one that has changed nothing. Of what no store tells, who holds a session, only those rows are
 * looked at again that somebody holds: it is not to be kept for long.
 */
export class KeptRows {
  /** When it was begun, by `performance.now()`. */
  readonly begun = performance.now();
  readonly #store: SessionStore;
  readonly #sessions = new Map<string, Listed>();
  readonly #held = new Set<string>();
  /** What may be others than the rows say. */
  #changed = new Set<string>();
  #isDoubtful = false;
  #rows: Rows | undefined;
  #unreadable: ListPage["unreadable"] = [];
  /** When all rows were as in the store, by `performance.now()`. */
  #seen = 0;
  readonly #ended = new AbortController();

  private constructor(store: SessionStore) {
    this.#store = store;
  }

  /** Reads all. Whoever has it ends it. */
  static async read(store: SessionStore): Promise<KeptRows> {
    const kept = new KeptRows(store);
    try {
      await kept.#listen();
      await kept.#readAll();
      return kept;
    } catch (error) {
      kept.end();
      throw error;
    }
  }

  /** All rows as they were when they were last brought up to the store. */
  get rows(): Rows {
    return (this.#rows ??= new Rows(this.#sessions.values()));
  }

  get unreadable(): ListPage["unreadable"] {
    return this.#unreadable;
  }

  /** Sessions have changed, so many or such that all are to be read again. */
  get isDoubtful(): boolean {
    return this.#isDoubtful || this.#changed.size > MOST_CHANGED;
  }

  /** Some session has changed since the rows were brought up to the store. */
  get hasChanged(): boolean {
    return this.#changed.size > 0;
  }

  /** So many milliseconds ago the rows were brought up to the store. */
  get age(): number {
    return performance.now() - this.#seen;
  }

  /** Takes note that a session may have changed. */
  note(id: string): void {
    this.#changed.add(id);
  }

  /** The row of a session, unless it is known to have changed. */
  known(id: string): Listed | undefined {
    return this.#changed.has(id) ? undefined : this.#sessions.get(id);
  }

  /** Brings the rows up to the store, if they are not doubtful afterwards. */
  async follow(): Promise<void> {
    const begun = performance.now();
    // The listing is as the store is now: whatever has changed before it is told of before it is there. Where stores tell
    // later, or only that something has changed, it says which sessions are not as they were.
    const { sessions, unreadable } = await this.#store.list({ order: "updated", limit: LOOKED_AT });
    this.#unreadable = unreadable;
    const last = sessions.at(-1);
    if (sessions.length === LOOKED_AT && last !== undefined && !this.#isKnown(last)) this.#isDoubtful = true;
    for (const summary of sessions) if (!this.#isKnown(summary)) this.#put(summary);
    for (const id of this.#held) this.#changed.add(id);
    if (this.isDoubtful) return;
    await this.#readChanged();
    this.#seen = begun;
  }

  end(): void {
    this.#ended.abort();
  }

  async #listen(): Promise<void> {
    const hints = this.#store.engine.changes(this.#ended.signal)[Symbol.asyncIterator]();
    // Every change behind the first is told.
    await hints.next();
    const listen = async (): Promise<void> => {
      for (let hint = await hints.next(); hint.done !== true; hint = await hints.next())
        if (hint.value === undefined) this.#isDoubtful = true;
        else this.#changed.add(hint.value);
    };
    // Who hears nothing any more knows nothing for sure.
    const deaf = (): void => void (this.#isDoubtful = true);
    listen().then(deaf, deaf);
  }

  async #readAll(): Promise<void> {
    let cursor: string | undefined;
    do {
      const { sessions, unreadable, nextCursor } = await this.#store.list({ limit: PAGE, cursor });
      for (const summary of sessions) this.#put(summary);
      this.#unreadable = unreadable;
      cursor = nextCursor;
    } while (cursor !== undefined);
    await this.#readChanged();
    this.#seen = this.begun;
  }

  async #readChanged(): Promise<void> {
    for (const id of [...this.#changed]) {
      // What changes from now on is to be read again.
      this.#changed.delete(id);
      try {
        const summary = await this.#store.summary(id);
        if (summary === undefined) this.#drop(id);
        else this.#put(summary);
      } catch (error) {
        // The list tells of what cannot be read, and has no row of it.
        if (!this.#unreadable.some((one) => one.id === id)) {
          this.#changed.add(id);
          throw error;
        }
        this.#drop(id);
      }
    }
  }

  #isKnown(summary: SessionSummary): boolean {
    const row = this.#sessions.get(summary.id)?.row;
    return (
      row?.revision === summary.revision &&
      row.updatedAt === summary.updatedAt &&
      row.held?.since === summary.held?.since
    );
  }

  #put(summary: SessionSummary): void {
    this.#sessions.set(summary.id, listedOf(summary));
    if (summary.held === null) this.#held.delete(summary.id);
    else this.#held.add(summary.id);
    this.#rows = undefined;
  }

  #drop(id: string): void {
    this.#sessions.delete(id);
    this.#held.delete(id);
    this.#rows = undefined;
  }
}
