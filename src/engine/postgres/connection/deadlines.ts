interface Wait {
  readonly until: number;
  readonly end: () => void;
}

/** A timer that is set to more fires at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Ends waits whose time is over, with one timer for all: most last equally long, and are over long before. */
export class Deadlines {
  readonly #waits = new Set<Wait>();
  #timer: NodeJS.Timeout | undefined;
  #next = Infinity;

  /**
   * Settles as `work` does, unless its time is over before.
   * @param until by `performance.now()`.
   * @param late makes the error to reject with when the time is over.
   */
  before<T>(until: number, work: Promise<T>, late: () => Error): Promise<T> {
    return new Promise((resolve, reject) => {
      const wait = { until, end: () => reject(late()) };
      this.#add(wait);
      const settled = (): void => {
        this.#remove(wait);
        resolve(work);
      };
      work.then(settled, settled);
    });
  }

  #add(wait: Wait): void {
    this.#waits.add(wait);
    if (wait.until < this.#next) this.#arm(wait.until);
    else if (this.#waits.size === 1) this.#timer?.ref();
  }

  #remove(wait: Wait): void {
    // A process that waits for nothing more may end.
    if (this.#waits.delete(wait) && this.#waits.size === 0) this.#timer?.unref();
  }

  #arm(until: number): void {
    clearTimeout(this.#timer);
    this.#next = until;
    const time = Math.min(Math.max(until - performance.now(), 1), LONGEST_TIMER);
    this.#timer = setTimeout(() => this.#endThoseOver(), time);
  }

  #endThoseOver(): void {
    this.#timer = undefined;
    this.#next = Infinity;
    const now = performance.now();
    for (const wait of this.#waits) {
      if (wait.until <= now) {
        this.#waits.delete(wait);
        wait.end();
      } else if (wait.until < this.#next) this.#next = wait.until;
    }
    if (this.#next < Infinity) this.#arm(this.#next);
  }
}

/** Settles as `work` does, unless its time is over before: one wait with a timer of its own. */
export function inTime<T>(until: number | undefined, work: Promise<T>, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = at(until, () => reject(late()));
    work.finally(stop).then(resolve, reject);
  });
}

/** Calls `act` at a time by `performance.now()`, never for `undefined`. @returns what calls it off. */
export function at(until: number | undefined, act: () => void): () => void {
  if (until === undefined || until === Infinity) return () => undefined;
  const timer = setTimeout(act, Math.min(Math.max(until - performance.now(), 0), LONGEST_TIMER));
  return () => clearTimeout(timer);
}
