/** What may be stored or read without a turn of the event loop, in bytes: some milliseconds' work. */
const MOST = 512 << 10;
/** What a commit costs beside its bytes, as bytes. */
const EACH = 8 << 10;
/** What a call that reads costs, as bytes. */
const READING = 32 << 10;

/**
 * Commits that wait for no sync, and reading small sessions, never leave the event loop to anyone else by themselves: no
 * timer would run while they are repeated. This counts them, over all sessions, and makes them wait now and then. It
 * counts instead of looking at the clock, so that a simulated history happens the same way again.
 */
export class EventLoopTurns {
  #done = 0;
  #turn: Promise<void> | undefined;

  /** Takes note of a commit; what is to be waited for, if anything. */
  afterCommit(bytes: number): Promise<void> | undefined {
    return this.#after(EACH + bytes);
  }

  /** Takes note of a call that reads. */
  beforeReading(): Promise<void> | undefined {
    return this.#after(READING);
  }

  #after(bytes: number): Promise<void> | undefined {
    this.#done += bytes;
    if (this.#done >= MOST) {
      this.#turn ??= new Promise((resolve) => {
        setImmediate(() => {
          this.#done = 0;
          this.#turn = undefined;
          resolve();
        });
      });
    }
    return this.#turn;
  }
}
