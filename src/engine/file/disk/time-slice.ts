/** So long work may hold the event loop at a stretch, in milliseconds. */
const LONGEST = 10;

/** Long work in slices, between which the event loop has its turn. */
export class TimeSlice {
  #begun = performance.now();

  /** It is time for `next`; asked for apart, so that work which is not long does not wait at all. */
  get isOver(): boolean {
    return performance.now() - this.#begun > LONGEST;
  }

  async next(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#begun = performance.now();
  }
}
