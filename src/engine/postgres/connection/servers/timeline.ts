/**
 * The newest timeline of the database that this process has heard of. A server gets a new one when it is promoted: one of
 * an older timeline was the primary once, whatever it says itself. Timelines are eight hexadecimal digits, and "" where
 * a server does not tell.
 */
export class Timeline {
  #newest = "";
  #listeners: (() => void)[] = [];

  get newest(): string {
    return this.#newest;
  }

  /** @returns false for a server that is no primary any more. */
  learn(timeline: string): boolean {
    if (this.isNewer(this.#newest, timeline)) return false;
    if (this.isNewer(timeline, this.#newest)) {
      this.#newest = timeline;
      for (const listener of this.#listeners) listener();
    }
    return true;
  }

  isNewer(timeline: string, than: string): boolean {
    return timeline > than;
  }

  onNewer(listener: () => void): void {
    this.#listeners.push(listener);
  }
}
