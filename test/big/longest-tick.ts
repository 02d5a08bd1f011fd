import { closeSync, openSync, readSync } from "node:fs";
import { PerformanceObserver } from "node:perf_hooks";

export interface LongestTick<T> {
  /** In milliseconds. */
  readonly block: number;
  /** The longest pause for a garbage collection, in milliseconds: it grows with the heap. */
  readonly collection: number;
  readonly result: T;
}

/**
 * Runs `work` and tells for how many milliseconds at a stretch it kept everything else in the process from running.
 * What the machine does to the process does not count: the time in which it was ready and other processes had the
 * processor is taken off on Linux; elsewhere only the processor's time counts, without waits for the disk.
 */
export async function longestTick<T>(work: () => Promise<T>): Promise<LongestTick<T>> {
  const clock = Clock.open();
  let collection = 0;
  const collections = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) collection = Math.max(collection, duration);
  });
  collections.observe({ entryTypes: ["gc"] });
  let block = 0;
  let before = clock.now();
  const look = (): void => {
    const now = clock.now();
    block = Math.max(block, now - before);
    before = now;
  };
  const timer = setInterval(look, 1);
  try {
    const result = await work();
    // What came last counts as well.
    await new Promise((resolve) => setImmediate(resolve));
    look();
    // They are told of with a delay.
    await new Promise((resolve) => setTimeout(resolve, 5));
    return { block, collection, result };
  } finally {
    collections.disconnect();
    clearInterval(timer);
    clock.close();
  }
}

class Clock {
  readonly #schedule: number | undefined;
  readonly #buffer = Buffer.alloc(100);

  private constructor(schedule: number | undefined) {
    this.#schedule = schedule;
  }

  static open(): Clock {
    return new Clock(process.platform === "linux" ? openSync("/proc/self/schedstat", "r") : undefined);
  }

  /** In milliseconds. */
  now(): number {
    if (this.#schedule === undefined) {
      const { user, system } = process.threadCpuUsage();
      return (user + system) / 1000;
    }
    const count = readSync(this.#schedule, this.#buffer, 0, this.#buffer.length, 0);
    const [, waited] = this.#buffer.toString("latin1", 0, count).split(" ");
    return performance.now() - Number(waited) / 1e6;
  }

  close(): void {
    if (this.#schedule !== undefined) closeSync(this.#schedule);
  }
}
