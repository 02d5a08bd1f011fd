import { StoreClosedError } from "../../../session/errors/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type {
  ListPage,
  ListQuery,
  SearchHit,
  SearchQuery,
  Unreadable,
  WorkspacePlace,
} from "../../contract.ts";
import { pageOf } from "../../list-query.ts";
import { checkSearch } from "../../search/search-query.ts";
import type { FileContext } from "../disk/file-context.ts";
import { storageError } from "../disk/storage-error.ts";
import type { DirectoryWatch } from "./summaries/directory-watch.ts";
import { indexInode } from "./index-database.ts";
import { HeldIndex, type OpenIndex } from "./held-index.ts";
import { searchIndex } from "./text/index-search.ts";
import type { OwnSave } from "../write/own-save.ts";
import type { LifeInTrash } from "./summaries/summary-table.ts";
import { SummaryFollower } from "./summaries/summary-follower.ts";
import type { TextIndex } from "./text/text-index.ts";
import { isIndexTrouble } from "./index-trouble.ts";
import { isBusy, writing } from "./writing.ts";

/** Own saves of so many sessions are put into the index file; those of fewer, the next listing reads as fast. */
const WORTH_PUTTING = 32;
/** When they are so many, this long later, in milliseconds. */
const FLUSH_AFTER = 200;
/** A listing that has to read so many sessions leaves an index file behind, so that the next one need not. */
const WORTH_KEEPING = 100;
/** So long the text is caught up with before a listing gets its turn, in milliseconds. */
const TEXT_SLICE = 200;
/** The full text is merged when nobody has searched for so long, with such pauses, in milliseconds. */
const IDLE = 1000;
const MERGE_PAUSE = 50;
/** So long another process's write is waited for, in milliseconds: a large commit may take a while. */
const BUSY = 30_000;

export interface IndexOptions {
  /** The disk is this machine's: the index can be a file on it, and the kernel tells what changes. */
  readonly onThisMachine: boolean;
  readonly progress: (done: number, total: number) => void;
}

/**
 * The derived index of a store: summaries and full text. It is brought up to the disk before each answer, by what the
 * kernel tells or by comparing every file; when it is missing or damaged it is begun anew. It is never the authority.
 *
 * Whoever searches, or writes or has to read many sessions, creates the index file and puts them into it. What is not
 * worth that is left to the next listing. Where it cannot be written, the index is kept in memory.
 */
export class SessionIndex {
  readonly #context: FileContext;
  readonly #options: IndexOptions;
  readonly #index: HeldIndex;
  readonly #follower: SummaryFollower;
  #timer: NodeJS.Timeout | undefined;
  #merging: NodeJS.Timeout | undefined;
  #last: Promise<unknown> = Promise.resolve();
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  constructor(context: FileContext, options: IndexOptions) {
    this.#context = context;
    this.#options = options;
    this.#index = new HeldIndex(context, options.onThisMachine, this.closing);
    this.#follower = new SummaryFollower(context, options.onThisMachine, options.progress, this.closing);
  }

  /** Aborted by `end`, with the error that whoever waits for an answer gets. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Takes note of an own save, or with `undefined` that a session must be read again; costs next to nothing. */
  noteSave(id: SessionId, save: OwnSave | undefined): void {
    if (!this.#options.onThisMachine || this.#closed !== undefined) return;
    this.#follower.noteSave(id, save);
    if (this.#follower.unput < WORTH_PUTTING) return;
    this.#timer ??= setTimeout(() => void this.#flush(), FLUSH_AFTER).unref();
  }

  /** Takes note that a session was read: the next answer is not older than that. Costs next to nothing. */
  noteRead(id: SessionId): void {
    this.#follower.noteRead(id);
  }

  /** A page of what is in the store now. */
  list(query: ListQuery): Promise<ListPage> {
    // A query that makes no sense is refused before the disk is read.
    pageOf([], query);
    if (query.mayBeBehind === true) return this.#listAsItIs(query);
    return this.#upToDate(query);
  }

  #upToDate(query: ListQuery): Promise<ListPage> {
    return this.#answer("list", async ({ summaries }) => {
      const unreadable = await this.#follower.unreadable(summaries.unreadable());
      return { ...(await summaries.page(query)), unreadable };
    });
  }

  /** From what an index file has, whatever the disk has by now; where it has nothing, as any other. */
  async #listAsItIs(query: ListQuery): Promise<ListPage> {
    const known = await this.#asItIs(async ({ summaries }) => await summaries.page(query));
    if (known === undefined || known.sessions.length === 0) return await this.#upToDate(query);
    return { ...known, unreadable: [] };
  }

  /** What an index file answers as it is; `undefined` where there is none, or it is damaged. */
  #asItIs<T>(work: (open: OpenIndex) => Promise<T>): Promise<T | undefined> {
    return this.#exclusively(async () => {
      this.closing.throwIfAborted();
      try {
        const open = await this.#index.opened(1, false);
        return open.inode === undefined ? undefined : await work(open);
      } catch (error) {
        // The answer that brings the index up to the disk deals with it.
        if (isIndexTrouble(error) || isBusy(error)) return undefined;
        throw error;
      }
    });
  }

  /** What is in the trash of the sessions' journals, last removed first. */
  trashed(): Promise<LifeInTrash[]> {
    return this.#answer("list", async ({ summaries }) => summaries.trashed(new Date()));
  }

  /** The sessions that may have such a life in the trash, and those that cannot be looked at; both as of one moment. */
  mayBeTrashed(
    isMeant: (life: LifeInTrash) => boolean,
  ): Promise<{ ids: ReadonlySet<SessionId>; unreadable: readonly Unreadable[] }> {
    return this.#answer("list", async ({ summaries }) => {
      // What could not be read when it was looked at may be in the trash, also where it can be read by now.
      const doubtful = summaries.unreadable();
      const unreadable = await this.#follower.unreadable(doubtful);
      const lives = summaries.trashed(new Date()).filter(isMeant);
      const ids = new Set([...lives.map(({ id }) => id), ...doubtful]);
      for (const { id } of unreadable) if (id !== undefined) ids.delete(id);
      return { ids, unreadable };
    });
  }

  /** The workspace paths that sessions have, with their ids; every pair once. */
  workspacePlaces(): Promise<WorkspacePlace[]> {
    return this.#answer("list", async ({ summaries }) => summaries.workspacePlaces());
  }

  /** Messages and titles that match, best first; what was saved before this call is found. */
  async search(query: SearchQuery): Promise<SearchHit[]> {
    checkSearch(query);
    if (this.#isAbsent()) return [];
    if (query.mayBeBehind === true) {
      const known = await this.#asItIs(({ statements }) => searchIndex(statements, this.#context, query));
      if (known !== undefined) return known;
    }
    clearTimeout(this.#merging);
    try {
      return await this.#searched(query);
    } catch (error) {
      await this.#exclusively(async () => this.#index.now?.texts.giveUp());
      throw error;
    } finally {
      this.#mergeIn(IDLE);
    }
  }

  /** A store that nobody has made yet is not made by looking for something there. */
  #isAbsent(): boolean {
    const { disk, paths } = this.#context;
    try {
      return disk.stat(paths.root) === undefined;
    } catch {
      // Why it cannot be looked at, the search itself tells.
      return false;
    }
  }

  async #searched(query: SearchQuery): Promise<SearchHit[]> {
    // In turns, so that listings need not wait for a text index that is being built.
    let seen: { readonly texts: TextIndex; readonly pass: number } | undefined;
    for (;;) {
      const hits = await this.#answer("search", async ({ statements, texts }) => {
        if (seen?.texts !== texts) seen = { texts, pass: texts.nextPass };
        return (await texts.catchUp(seen.pass, TEXT_SLICE, this.#options.progress))
          ? await searchIndex(statements, this.#context, query)
          : undefined;
      });
      if (hits !== undefined) return hits;
    }
  }

  /** Merges the full text bit by bit, for as long as nobody searches. */
  #mergeIn(pause: number): void {
    clearTimeout(this.#merging);
    if (this.closing.aborted) return;
    this.#merging = setTimeout(() => {
      void this.#exclusively(async () => {
        if (await this.#index.now?.texts.merge()) this.#mergeIn(MERGE_PAUSE);
        // The index is a cache: damage shows in the next answer.
      }).catch(() => undefined);
    }, pause).unref();
  }

  /** Ends the answers that are under way, and gives no more. Saves are still taken note of. */
  end(): void {
    clearTimeout(this.#merging);
    this.#closing.abort(new StoreClosedError());
  }

  /** Writes what is worth it and lets go of everything: nothing of this index is open, or waits, afterwards. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    this.end();
    try {
      if (this.#follower.unput >= WORTH_PUTTING) await this.#flush();
    } finally {
      clearTimeout(this.#timer);
      await this.#exclusively(async () => {
        this.#follower.close();
        this.#index.drop();
      });
    }
  }

  /**
   * Puts an empty index in the place of the one that is there: a row that is removed from a database stays in its file
   * for a while. The next listing fills it.
   */
  async beginAnew(): Promise<void> {
    await this.#exclusively(async () => {
      this.#index.drop();
      if (this.#options.onThisMachine && indexInode(this.#context) !== undefined)
        await this.#index.opened(2, true);
    });
  }

  /** The changes that the kernel tells of, for as long as the store is open; `undefined` where it does not. */
  watch(): DirectoryWatch | undefined {
    return this.#follower.watch();
  }

  /**
   * Brings the index up to the disk and answers from it. Damage that shows on the way costs the index, not the
   * answer: the second try begins with an empty one, the third does without the file. That another process writes is
   * no damage, unless it does so for very long.
   */
  #answer<T>(purpose: "list" | "search", work: (open: OpenIndex) => Promise<T>): Promise<T> {
    return this.#exclusively(async () => {
      const patience = performance.now() + BUSY;
      for (let attempt = 1; ; attempt++) {
        this.closing.throwIfAborted();
        try {
          const open = await this.#index.opened(attempt, purpose === "search");
          return await work(await this.#match(open));
        } catch (error) {
          if (isBusy(error) && performance.now() < patience) {
            attempt--;
            continue;
          }
          if (!isIndexTrouble(error) || attempt >= 3) {
            throw storageError(error, `read the store ${this.#context.paths.root}`);
          }
          this.#index.drop();
        }
      }
    });
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#follower.unput === 0) return;
    await this.#exclusively(async () => {
      try {
        const { database, inode, summaries } = await this.#index.opened(1, true);
        if (inode !== undefined) await writing(database, () => this.#follower.putSaves(summaries));
      } catch {
        this.#index.drop();
      } finally {
        // The index is a cache: what could not be put, the next listing reads.
        this.#follower.forgetSaves();
      }
    });
  }

  /**
   * Brings the summaries up to the disk.
   * @returns the index to answer from: a file by now, when the one in memory is worth keeping.
   */
  async #match(open: OpenIndex): Promise<OpenIndex> {
    const changed = await this.#follower.changes(open.database, open.summaries);
    const isWorthKeeping = open.inode === undefined && changed.length >= WORTH_KEEPING;
    const kept = isWorthKeeping ? await this.#index.keep(open) : open;
    await this.#follower.takeIn(kept.database, kept.summaries, changed);
    return kept;
  }
}
