import { SessionStoreError } from "../../../session/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { ListPage, ListQuery, SearchHit, SearchQuery, Unreadable } from "../../contract.ts";
import { pageOf } from "../../list-query.ts";
import { checkSearch } from "../../search-query.ts";
import { scanSession, type Scanned } from "../directory-scan.ts";
import type { FileContext } from "../file-context.ts";
import { sessionOfFile } from "../session-paths.ts";
import { storageError } from "../storage-error.ts";
import { TimeSlice } from "../time-slice.ts";
import { DirectoryWatch } from "./directory-watch.ts";
import { identityNow, identityOf, NO_FILES } from "./file-identity.ts";
import {
  indexInode,
  openIndexFile,
  openInMemory,
  replaceIndexFile,
  type IndexDatabase,
} from "./index-database.ts";
import { summaryAfter, type OwnSave } from "./own-saves.ts";
import { Statements } from "./statements.ts";
import { checkedId, DamagedIndex, SummaryTable } from "./summary-table.ts";
import { searchIndex } from "./index-search.ts";
import { TextIndex } from "./text-index.ts";
import { isBusy, writing } from "./writing.ts";

/** Own saves of so many sessions are put into the index file; those of fewer, the next listing reads as fast. */
const WORTH_PUTTING = 32;
/** When they are so many, this long later, in milliseconds. */
const FLUSH_AFTER = 200;
/** A listing that had to read so many sessions leaves an index file behind, so that the next one need not. */
const WORTH_KEEPING = 100;
/** A listing that has to read so many sessions tells of its progress. */
const WORTH_TELLING = 1000;
/** So long the text is caught up with before a listing gets its turn, in milliseconds. */
const TEXT_SLICE = 200;
/** The full text is merged when nobody has searched for so long, with such pauses, in milliseconds. */
const IDLE = 1000;
const MERGE_PAUSE = 50;
/** So long another process's write is waited for, in milliseconds: a large commit may take a while. */
const BUSY = 30_000;
/** How often a session that changes while it is read is read again. */
const TRIES = 5;

export interface IndexOptions {
  /** The disk is this machine's: the index can be a file on it, and the kernel tells what changes. */
  readonly onThisMachine: boolean;
  readonly progress: (done: number, total: number) => void;
}

interface OpenIndex extends IndexDatabase {
  readonly statements: Statements;
  readonly summaries: SummaryTable;
  readonly texts: TextIndex;
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
  #open: OpenIndex | undefined;
  #watch: DirectoryWatch | undefined;
  #compared = false;
  readonly #saves = new Map<SessionId, OwnSave | undefined>();
  readonly #unreadable = new Map<SessionId, { readonly identity: string; readonly found: Unreadable }>();
  #timer: NodeJS.Timeout | undefined;
  #merging: NodeJS.Timeout | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #fileIsUseless = false;
  #closed = false;

  constructor(context: FileContext, options: IndexOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** Takes note of an own save, or with `undefined` that a session must be read again; costs next to nothing. */
  noteSave(id: SessionId, save: OwnSave | undefined): void {
    if (!this.#options.onThisMachine || this.#closed) return;
    this.#saves.set(id, save);
    if (this.#saves.size < WORTH_PUTTING) return;
    this.#timer ??= setTimeout(() => void this.#flush(), FLUSH_AFTER).unref();
  }

  /** A page of what is in the store now. */
  list(query: ListQuery): Promise<ListPage> {
    // A query that makes no sense is refused before the disk is read.
    pageOf([], query);
    return this.#answer("list", async ({ summaries }) => {
      const unreadable = await this.#readUnreadable(summaries.unreadable());
      return { ...(await summaries.page(query)), unreadable };
    });
  }

  /** The workspace paths that sessions have, each once. */
  workspacePaths(): Promise<string[]> {
    return this.#answer("list", async ({ summaries }) => summaries.workspacePaths());
  }

  /** Messages and titles that match, best first; what was saved before this call is found. */
  async search(query: SearchQuery): Promise<SearchHit[]> {
    checkSearch(query);
    clearTimeout(this.#merging);
    try {
      return await this.#searched(query);
    } catch (error) {
      await this.#exclusively(async () => this.#open?.texts.giveUp());
      throw error;
    } finally {
      this.#mergeIn(IDLE);
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
    if (this.#closed) return;
    this.#merging = setTimeout(() => {
      void this.#exclusively(async () => {
        if (await this.#open?.texts.merge()) this.#mergeIn(MERGE_PAUSE);
        // The index is a cache: damage shows in the next answer.
      }).catch(() => undefined);
    }, pause).unref();
  }

  /** Writes what is worth it and lets go of the file. */
  async close(): Promise<void> {
    if (this.#closed) return;
    if (this.#saves.size >= WORTH_PUTTING) await this.#flush();
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#merging);
    await this.#exclusively(async () => {
      this.#watch?.close();
      this.#drop();
    });
  }

  /** The changes that the kernel tells of, for as long as the store is open; `undefined` where it does not. */
  watch(): DirectoryWatch | undefined {
    if (this.#watch?.isGood === false) {
      this.#watch.close();
      this.#watch = undefined;
      this.#compared = false;
    }
    if (this.#options.onThisMachine && !this.#closed)
      this.#watch ??= DirectoryWatch.open(this.#context.paths.root);
    return this.#watch;
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
        try {
          const open = await this.#opened(attempt, purpose === "search");
          return await work(await this.#match(open));
        } catch (error) {
          if (isBusy(error) && performance.now() < patience) {
            attempt--;
            continue;
          }
          if (error instanceof SessionStoreError || !isIndexTrouble(error) || attempt >= 3) {
            throw storageError(error, `read the store ${this.#context.paths.root}`, "not-stored");
          }
          this.#drop();
        }
      }
    });
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** The index, opened; after damage a new one. */
  async #opened(attempt: number, create: boolean): Promise<OpenIndex> {
    const isFile = this.#open?.inode !== undefined;
    if (this.#open !== undefined && isFile && indexInode(this.#context) !== this.#open.inode) this.#drop();
    if (this.#open !== undefined && (isFile || !create || this.#fileIsUseless)) return this.#open;
    const file = await this.#openFile(attempt, create);
    if (file === undefined && this.#open !== undefined) return this.#open;
    this.#drop();
    const opened = file ?? openInMemory();
    try {
      this.#open = tablesOf(opened, this.#context);
    } catch (error) {
      opened.database.close();
      throw error;
    }
    return this.#open;
  }

  async #openFile(attempt: number, create: boolean): Promise<IndexDatabase | undefined> {
    if (!this.#options.onThisMachine || this.#fileIsUseless) return undefined;
    // Not even a lock is taken in a store that is only read.
    if (!create && indexInode(this.#context) === undefined) return undefined;
    if (attempt >= 3) {
      this.#fileIsUseless = true;
      return undefined;
    }
    try {
      const found = attempt === 1 ? await openIndexFile(this.#context) : undefined;
      if (found !== undefined) return found;
      return await replaceIndexFile(this.#context);
    } catch {
      // No file can be had here: a directory that is read-only, a disk that is full.
      this.#fileIsUseless = true;
      return undefined;
    }
  }

  #drop(): void {
    try {
      this.#open?.database.close();
    } catch {
      // It is damaged; there is nothing to be saved.
    }
    this.#open = undefined;
    this.#compared = false;
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#saves.size === 0) return;
    await this.#exclusively(async () => {
      try {
        const { database, inode, summaries } = await this.#opened(1, true);
        if (inode !== undefined) await writing(database, () => this.#putSaves(summaries));
      } catch {
        // The index is a cache: the next listing compares it with the disk.
        this.#drop();
      }
    });
  }

  #putSaves(summaries: SummaryTable): void {
    const { disk, paths } = this.#context;
    for (const [id, save] of this.#saves) {
      if (save === undefined) continue;
      const after = summaryAfter(id, save, disk.stat(paths.journal(id)), disk.stat(paths.checkpoint(id)));
      if (after !== undefined) summaries.put(id, after.identity, after);
    }
    this.#saves.clear();
  }

  /**
   * Brings the summaries up to the disk.
   * @returns the index to answer from: a file by now, when the one in memory was worth keeping.
   */
  async #match(open: OpenIndex): Promise<OpenIndex> {
    const watch = this.watch();
    const drained = watch === undefined ? "all" : await watch.drain();
    const changes = this.#compared ? drained : "all";
    // What was drained is lost with an error: then everything is compared the next time.
    this.#compared = false;
    if (this.#saves.size > 0) await writing(open.database, () => this.#putSaves(open.summaries));
    const changed = changes === "all" ? await this.#compareAll(open) : this.#compare(open, changes);
    for (const id of open.summaries.unsettled()) changed.push(id);
    await this.#readAgain(open, [...new Set(changed)]);
    this.#compared = true;
    return open.inode === undefined && changed.length >= WORTH_KEEPING ? await this.#keep(open) : open;
  }

  #compare({ summaries }: OpenIndex, ids: ReadonlySet<SessionId>): SessionId[] {
    const { disk, paths } = this.#context;
    return [...ids].filter((id) => identityNow(disk, paths, id) !== (summaries.identityOf(id) ?? NO_FILES));
  }

  /** The sessions whose files are not those that the index knows. A new process waits for this: each step counts. */
  async #compareAll({ summaries }: OpenIndex): Promise<SessionId[]> {
    const { disk, paths } = this.#context;
    const known = summaries.identities();
    const files = filesOf(disk.list(paths.root) ?? []);
    const changed: SessionId[] = [];
    let seen = 0;
    const slice = new TimeSlice();
    for (const [id, which] of files) {
      if (slice.isOver) await slice.next();
      const journal = (which & JOURNAL) === 0 ? undefined : disk.stat(paths.journal(id));
      const checkpoint = (which & CHECKPOINT) === 0 ? undefined : disk.stat(paths.checkpoint(id));
      const identity = known.get(id);
      if (identity !== undefined) seen++;
      if (identity !== identityOf(journal, checkpoint)) changed.push(id);
    }
    if (seen < known.size) {
      for (const id of known.keys()) if (!files.has(id as SessionId)) changed.push(checkedId(id));
    }
    return changed;
  }

  /** Reads sessions and puts them into the index, a few at a time. */
  async #readAgain({ database, summaries }: OpenIndex, ids: readonly SessionId[]): Promise<void> {
    const { disk, paths } = this.#context;
    let left = ids.map((id) => ({ id, tries: 0 }));
    let done = 0;
    while (left.length > 0) {
      const again: typeof left = [];
      let read: { id: SessionId; tries: number; identity: string; found: Scanned | undefined }[] = [];
      const slice = new TimeSlice();
      const put = async (): Promise<void> => {
        await writing(database, () => {
          for (const { id, tries, identity, found } of read) {
            // Whatever is put has the files' identity at a moment when nobody else can put: an older never replaces a newer.
            const isSettled = identityNow(disk, paths, id) === identity;
            if (isSettled || tries >= TRIES) this.#put(summaries, id, isSettled ? identity : "", found);
            else again.push({ id, tries: tries + 1 });
          }
        });
        done += read.length;
        read = [];
        if (ids.length >= WORTH_TELLING) this.#options.progress(Math.min(done, ids.length), ids.length);
        await slice.next();
      };
      for (const { id, tries } of left) {
        const identity = identityNow(disk, paths, id);
        // Another process may have read it meanwhile.
        if (summaries.identityOf(id) === identity) continue;
        read.push({ id, tries, identity, found: await scanSession(disk, paths, id) });
        if (slice.isOver) await put();
      }
      if (read.length > 0) await put();
      left = again;
    }
  }

  #put(summaries: SummaryTable, id: SessionId, identity: string, found: Scanned | undefined): void {
    this.#unreadable.delete(id);
    if (identity === NO_FILES) summaries.delete(id);
    else if (found === undefined) summaries.put(id, identity, "none");
    else if ("summary" in found) summaries.put(id, identity, found);
    else {
      summaries.put(id, identity, "unreadable");
      this.#unreadable.set(id, { identity, found: found.unreadable });
    }
  }

  async #readUnreadable(ids: readonly SessionId[]): Promise<Unreadable[]> {
    const { disk, paths } = this.#context;
    const all: Unreadable[] = [];
    for (const id of ids) {
      let known = this.#unreadable.get(id);
      if (known === undefined) {
        const found = await scanSession(disk, paths, id);
        if (found === undefined || "summary" in found) continue;
        known = { identity: "", found: found.unreadable };
        this.#unreadable.set(id, known);
      }
      all.push(known.found);
    }
    return all;
  }

  /** Copies the index in memory to a file and goes on with that, where one can be had. */
  async #keep(memory: OpenIndex): Promise<OpenIndex> {
    const file = await this.#openFile(2, true);
    if (file === undefined) return memory;
    const open = tablesOf(file, this.#context);
    await copyRows(memory, open);
    memory.database.close();
    this.#open = open;
    return open;
  }
}

function tablesOf(index: IndexDatabase, context: FileContext): OpenIndex {
  const statements = new Statements(index.database);
  const summaries = new SummaryTable(statements);
  return { ...index, statements, summaries, texts: new TextIndex(index.database, statements, context) };
}

const JOURNAL = 1;
const CHECKPOINT = 2;

/** Which files each session has. */
function filesOf(names: readonly string[]): Map<SessionId, number> {
  const files = new Map<SessionId, number>();
  for (const name of names) {
    const id = sessionOfFile(name);
    if (id !== undefined) files.set(id, (files.get(id) ?? 0) | (name.endsWith("l") ? JOURNAL : CHECKPOINT));
  }
  return files;
}

async function copyRows(from: OpenIndex, to: OpenIndex): Promise<void> {
  const columns =
    "id, identity, state, updated, created, child, user, model, workspace_path, workspace_id, title, summary, checksum";
  const insert = to.database.prepare(
    `INSERT OR IGNORE INTO sessions (${columns}) VALUES (${columns.replaceAll(/\w+/g, "?")})`,
  );
  const select = from.database.prepare(
    `SELECT ${columns} FROM sessions WHERE key > ? ORDER BY key LIMIT 1000`,
  );
  const keys = from.database.prepare("SELECT key FROM sessions WHERE key > ? ORDER BY key LIMIT 1000");
  select.setReturnArrays(true);
  for (let last = 0; ;) {
    const rows = select.all(last) as unknown as (string | number | null)[][];
    if (rows.length === 0) return;
    await writing(to.database, () => {
      for (const row of rows) insert.run(...row);
    });
    last = keys.all(last).at(-1)?.["key"] as number;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** What SQLite says of its file, or a check of ours: all of it costs the index only. */
function isIndexTrouble(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return (
    error instanceof DamagedIndex ||
    error instanceof SyntaxError ||
    code === "ERR_SQLITE_ERROR" ||
    isBusy(error)
  );
}
