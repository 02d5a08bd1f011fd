import type { FileContext } from "../disk/file-context.ts";
import {
  indexInode,
  openIndexFile,
  openInMemory,
  replaceIndexFile,
  type IndexDatabase,
} from "./index-database.ts";
import { Statements } from "./statements.ts";
import { COLUMNS, SummaryTable } from "./summaries/summary-table.ts";
import { TextIndex } from "./text/text-index.ts";
import { writing } from "./writing.ts";

/** An index that is open, and its tables. */
export interface OpenIndex extends IndexDatabase {
  readonly statements: Statements;
  readonly summaries: SummaryTable;
  readonly texts: TextIndex;
}

/** The index as a store holds it open: in a file where one can be had, otherwise in memory. */
export class HeldIndex {
  readonly #context: FileContext;
  readonly #onThisMachine: boolean;
  readonly #closing: AbortSignal;
  #open: OpenIndex | undefined;
  #fileIsUseless = false;

  /**
   * @param onThisMachine the disk is this machine's, so that the index can be a file on it.
   * @param closing ends what is under way; its reason is thrown.
   */
  constructor(context: FileContext, onThisMachine: boolean, closing: AbortSignal) {
    this.#context = context;
    this.#closing = closing;
    this.#onThisMachine = onThisMachine;
  }

  /** The index when it is open. */
  get now(): OpenIndex | undefined {
    return this.#open;
  }

  /**
   * The index, opened.
   * @param attempt the second begins with an empty file, the third does without.
   * @param create whether a store that has no index file gets one.
   */
  async opened(attempt: number, create: boolean): Promise<OpenIndex> {
    const isFile = this.#open?.inode !== undefined;
    if (this.#open !== undefined && isFile && indexInode(this.#context) !== this.#open.inode) this.drop();
    if (this.#open !== undefined && (isFile || !create || this.#fileIsUseless)) return this.#open;
    const file = await this.#openFile(attempt, create);
    if (file === undefined && this.#open !== undefined) return this.#open;
    this.drop();
    const opened = file ?? openInMemory();
    try {
      this.#open = this.#tablesOf(opened);
    } catch (error) {
      opened.database.close();
      throw error;
    }
    return this.#open;
  }

  async #openFile(attempt: number, create: boolean): Promise<IndexDatabase | undefined> {
    if (!this.#onThisMachine || this.#fileIsUseless) return undefined;
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

  /** Lets go of it: the next one to need it opens it again. */
  drop(): void {
    try {
      this.#open?.database.close();
    } catch {
      // It is damaged; there is nothing to be saved.
    }
    this.#open = undefined;
  }

  /** Copies the index in memory to a file and goes on with that, where one can be had. */
  async keep(memory: OpenIndex): Promise<OpenIndex> {
    const file = await this.#openFile(2, true);
    if (file === undefined) return memory;
    try {
      const open = this.#tablesOf(file);
      await copyRows(memory, open);
      memory.database.close();
      this.#open = open;
      return open;
    } catch (error) {
      file.database.close();
      throw error;
    }
  }

  #tablesOf(index: IndexDatabase): OpenIndex {
    const statements = new Statements(index.database);
    const summaries = new SummaryTable(statements);
    const texts = new TextIndex(index.database, statements, this.#context, this.#closing);
    return { ...index, statements, summaries, texts };
  }
}

async function copyRows(from: OpenIndex, to: OpenIndex): Promise<void> {
  const columns = COLUMNS.join(", ");
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
