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
 * Only the processor's time counts: a busy machine takes the process off its processor for longer than any limit
 * here. So it does not see SQLite's waits for the disk, when the index makes its changes durable; ours are asynchronous.
 */
export async function longestTick<T>(work: () => Promise<T>): Promise<LongestTick<T>> {
  let collection = 0;
  const collections = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) collection = Math.max(collection, duration);
  });
  collections.observe({ entryTypes: ["gc"] });
  let block = 0;
  let before = computed();
  const look = (): void => {
    const now = computed();
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
  }
}

/** What the main thread has computed until now, in milliseconds. */
function computed(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
