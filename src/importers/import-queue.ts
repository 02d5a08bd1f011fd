import type { AnyResult, FileOptions, ImportRun } from "./import.ts";

/** So many files are worked through at most before it is told what became of the first. */
const MOST_WAITING = 256;

/** What became of a file: what it came to, or why it was not taken. */
export type Ended = { readonly result: AnyResult } | { readonly error: unknown };

/** Files that are imported one after the other, and told in their order when they are stored: several at a time. */
export class ImportQueue {
  readonly #run: ImportRun;
  readonly #tell: (path: string, ended: Ended) => void | Promise<void>;
  readonly #waiting: { readonly path: string; readonly ended: Promise<Ended> }[] = [];

  /** @param tell told of each file; what it throws ends the import. */
  constructor(run: ImportRun, tell: (path: string, ended: Ended) => void | Promise<void>) {
    this.#run = run;
    this.#tell = tell;
  }

  async add(path: string, options: FileOptions = {}): Promise<void> {
    let result: Promise<AnyResult>;
    try {
      ({ result } = await this.#run.begin(path, options));
    } catch (error) {
      result = Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
    const ended = result.then(
      (found): Ended => ({ result: found }),
      (error: unknown): Ended => ({ error }),
    );
    this.#waiting.push({ path, ended });
    if (this.#waiting.length >= MOST_WAITING) await this.settle();
  }

  /** Stores what waits, and tells what became of every file. */
  async settle(): Promise<void> {
    await this.#run.flush();
    for (const { path, ended } of this.#waiting.splice(0)) await this.#tell(path, await ended);
    // What was noted of them meanwhile.
    await this.#run.flush();
  }
}
