/** Goes through every sequence of choices of a program that makes the same choice where it is asked the same. */
export class Orders {
  #prefix: number[] = [];
  #taken: { readonly chosen: number; readonly of: number }[] = [];

  /** One of `of` ways, from 0. */
  choose(of: number): number {
    const chosen = this.#prefix[this.#taken.length] ?? 0;
    this.#taken.push({ chosen, of });
    return chosen;
  }

  /** The choices of the last run, for replaying it. */
  get taken(): readonly number[] {
    return this.#taken.map(({ chosen }) => chosen);
  }

  /** The next sequence; false when all have been taken. */
  next(): boolean {
    while (this.#taken.length > 0) {
      const last = this.#taken.pop();
      if (last === undefined || last.chosen + 1 >= last.of) continue;
      this.#prefix = [...this.taken, last.chosen + 1];
      this.#taken = [];
      return true;
    }
    return false;
  }

  replay(choices: readonly number[]): void {
    this.#prefix = [...choices];
    this.#taken = [];
  }
}
