import type { WriteEntry, WritesRecord } from "./records.ts";
import { sameValue } from "./stored-value.ts";
import type { ThreadChange } from "./thread.ts";
import type { ThreadState } from "./thread-state.ts";

/** Writes of one task that are to be stored. */
export class WritesDraft {
  readonly #task: WritesRecord["writes"];
  readonly #entries: readonly WriteEntry[];

  constructor(task: WritesRecord["writes"], given: readonly WriteEntry[]) {
    this.#task = task;
    // Of several special writes to one channel (a node that is resumed twice) the last one counts.
    this.#entries = [...new Map(given.map((entry) => [entry[0], entry])).values()];
  }

  /** What they add to the thread; `undefined` when they are there already. */
  changeOf(state: ThreadState): ThreadChange | undefined {
    const [ns, id, taskId, taskPath] = this.#task;
    const entries = this.#entries.filter(([index, channel, value]) => {
      const known = state.write(ns, id, taskId, index);
      if (known === undefined) return true;
      const isSame =
        known.channel === channel && known.taskPath === taskPath && sameValue(known.value, value);
      return index < 0 && !isSame;
    });
    return entries.length === 0 ? undefined : { item: { writes: this.#task, entries } };
  }
}
