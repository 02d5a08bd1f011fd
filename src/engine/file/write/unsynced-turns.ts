/** What may be stored without a turn of the event loop, in bytes: some milliseconds' work. */
const MOST = 512 << 10;
/** What a commit costs beside its bytes, as bytes. */
const EACH = 8 << 10;

/**
 * Commits that wait for no sync never leave the event loop to anyone else by themselves. This counts them, over all
 * sessions, and makes them wait now and then. It counts instead of looking at the clock, so that a simulated history
 * happens the same way again.
 */
export class UnsyncedTurns {
  #stored = 0;
  #turn: Promise<void> | undefined;

  /** Takes note of a commit; what is to be waited for, if anything. */
  after(bytes: number): Promise<void> | undefined {
    this.#stored += EACH + bytes;
    if (this.#stored >= MOST) {
      this.#turn ??= new Promise((resolve) => {
        setImmediate(() => {
          this.#stored = 0;
          this.#turn = undefined;
          resolve();
        });
      });
    }
    return this.#turn;
  }
}
