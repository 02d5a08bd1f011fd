import type { DatabaseSync } from "node:sqlite";
import { sqlite } from "../../src/sqlite.ts";

/** What this process has tried to write to an index file since this object was made, until it is disposed of. */
export class IndexWrites implements Disposable {
  /** Writes that were begun. */
  begun = 0;
  /** Writes that could not be begun: another process was writing, or the file is damaged. */
  refused = 0;
  readonly #prototype = sqlite().DatabaseSync.prototype;
  readonly #exec = Object.getOwnPropertyDescriptor(this.#prototype, "exec") as TypedPropertyDescriptor<
    DatabaseSync["exec"]
  >;

  constructor(file: string) {
    const exec = this.#exec.value as DatabaseSync["exec"];
    const note = (outcome: "begun" | "refused"): void => {
      this[outcome]++;
    };
    this.#prototype.exec = function (this: DatabaseSync, sql: string): void {
      const isWrite = sql === "BEGIN IMMEDIATE" && this.location() === file;
      try {
        exec.call(this, sql);
      } catch (error) {
        if (isWrite) note("refused");
        throw error;
      }
      if (isWrite) note("begun");
    };
  }

  /** Resolves when it `isSo`. */
  async until(isSo: (writes: this) => boolean): Promise<void> {
    while (!isSo(this)) await new Promise((resolve) => setImmediate(resolve));
  }

  [Symbol.dispose](): void {
    Object.defineProperty(this.#prototype, "exec", this.#exec);
  }
}
