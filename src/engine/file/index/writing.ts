import { setTimeout } from "node:timers/promises";
import type { DatabaseSync } from "node:sqlite";

const SQLITE_BUSY = 5;
/** How long another process's write is waited for, in milliseconds. */
const PATIENCE = 3000;
/** So long a write holds the event loop at a time, in milliseconds. */
const SLICE = 10;
/** So long a write keeps others from writing, in milliseconds. */
const LONGEST = 1000;

/** Whether SQLite says that another process is writing. */
export function isBusy(error: unknown): boolean {
  return ((error as { errcode?: number } | undefined)?.errcode ?? 0) % 256 === SQLITE_BUSY;
}

/** Runs `work` as one write, when no other process writes; a longer write that is under way becomes visible first. */
export async function writing(database: DatabaseSync, work: () => void): Promise<void> {
  await new Writing(database).run(work);
}

/** Writes that go on for a while without holding up the event loop or other processes. */
export class Writing {
  readonly #database: DatabaseSync;
  readonly #closing: AbortSignal | undefined;
  #begun = 0;
  #slice = 0;

  /** @param closing ends the work, its reason is thrown; without it, the work is always done. */
  constructor(database: DatabaseSync, closing?: AbortSignal) {
    this.#database = database;
    this.#closing = closing;
  }

  async run(work: () => void | Promise<void>): Promise<void> {
    await this.begin();
    try {
      await work();
    } catch (error) {
      this.undo();
      throw error;
    }
    this.end();
  }

  async begin(): Promise<void> {
    this.end();
    const deadline = performance.now() + PATIENCE;
    for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
      try {
        this.#database.exec("BEGIN IMMEDIATE");
        break;
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) throw error;
        await setTimeout(pause);
        this.#closing?.throwIfAborted();
      }
    }
    this.#begun = this.#slice = performance.now();
  }

  /** Goes on with the write that is under way, or begins one. */
  async join(): Promise<void> {
    if (!this.#database.isTransaction) await this.begin();
  }

  /** Makes what was written so far visible. */
  end(): void {
    if (this.#database.isTransaction) this.#database.exec("COMMIT");
  }

  /** Takes back what was written since it last became visible. */
  undo(): void {
    if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
  }

  /** Others have waited long enough. */
  get isDue(): boolean {
    return performance.now() - this.#begun > LONGEST;
  }

  /** Lets others write. */
  async turn(): Promise<void> {
    this.end();
    await this.rest();
    await this.begin();
  }

  /** Lets the event loop do other work when it is time. */
  async breathe(): Promise<void> {
    if (performance.now() - this.#slice >= SLICE) await this.rest();
  }

  /** Lets the event loop do other work. */
  async rest(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#closing?.throwIfAborted();
    this.#slice = performance.now();
  }
}
