/** How much is done at a stretch: so much that it takes about as long as it may, whatever the machine and the matter. */
export class Portion {
  readonly #least: number;
  readonly #most: number;
  readonly #milliseconds: number;
  #size: number;

  /** Begins with `size`, and comes to what takes `milliseconds`. */
  constructor(size: number, range: readonly [least: number, most: number], milliseconds: number) {
    this.#size = size;
    [this.#least, this.#most] = range;
    this.#milliseconds = milliseconds;
  }

  get size(): number {
    return Math.round(this.#size);
  }

  /** Takes note of how long a portion took. One that another process held up changes little. */
  took(milliseconds: number): void {
    const next = this.#size * Math.min(Math.max(this.#milliseconds / milliseconds, 0.7), 1.5);
    this.#size = Math.min(Math.max(next, this.#least), this.#most);
  }
}
