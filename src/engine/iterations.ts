import { setMaxListeners } from "node:events";
import { StoreClosedError } from "../session/errors/errors.ts";

/** The iterations that an engine or a store gave away and that are under way, so that closing it can end them. */
export class Iterations {
  readonly #underWay = new Set<AsyncIterator<unknown>>();
  readonly #closing = new AbortController();

  constructor() {
    // As many as there are iterations and snapshots; more than ten are no leak.
    setMaxListeners(0, this.closing);
  }

  /** Aborts with `close`, for what waits for something to happen. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /**
   * What `start` yields, begun with the first step; what `start` throws is what that step rejects with. Once this is
   * closed, a step rejects with `StoreClosedError`.
   */
  of<T>(start: () => AsyncIterable<T>): AsyncIterableIterator<T> {
    return new Iteration(start, this.#underWay, this.closing, false);
  }

  /** As `of`, but one that is under way ends when this is closed: for what would go on for ever. */
  endless<T>(start: () => AsyncIterable<T>): AsyncIterableIterator<T> {
    return new Iteration(start, this.#underWay, this.closing, true);
  }

  /** Ends what is under way: resolves when each has let go of what it had open. */
  async close(): Promise<void> {
    this.#closing.abort();
    const ended = await Promise.allSettled(
      [...this.#underWay].map(async (source) => await source.return?.()),
    );
    this.#underWay.clear();
    for (const end of ended) if (end.status === "rejected") throw end.reason;
  }
}

class Iteration<T> implements AsyncIterableIterator<T> {
  readonly #start: () => AsyncIterable<T>;
  readonly #underWay: Set<AsyncIterator<unknown>>;
  readonly #closing: AbortSignal;
  readonly #endsOnClose: boolean;
  #source: AsyncIterator<T> | undefined;
  #isOver = false;

  constructor(
    start: () => AsyncIterable<T>,
    underWay: Set<AsyncIterator<unknown>>,
    closing: AbortSignal,
    endsOnClose: boolean,
  ) {
    this.#start = start;
    this.#underWay = underWay;
    this.#closing = closing;
    this.#endsOnClose = endsOnClose;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<T>> {
    if (this.#isOver) return { done: true, value: undefined };
    try {
      if (this.#closing.aborted && !(this.#endsOnClose && this.#source !== undefined))
        throw new StoreClosedError();
      const step = await this.#begun().next();
      if (step.done === true) this.#end();
      return step;
    } catch (error) {
      const hasBegun = this.#source !== undefined;
      this.#end();
      if (this.#endsOnClose && hasBegun && this.#closing.aborted && error instanceof StoreClosedError)
        return { done: true, value: undefined };
      throw error;
    }
  }

  async return(): Promise<IteratorResult<T>> {
    this.#end();
    await this.#source?.return?.();
    return { done: true, value: undefined };
  }

  #begun(): AsyncIterator<T> {
    if (this.#source === undefined) {
      this.#source = this.#start()[Symbol.asyncIterator]();
      this.#underWay.add(this.#source);
    }
    return this.#source;
  }

  #end(): void {
    this.#isOver = true;
    if (this.#source !== undefined) this.#underWay.delete(this.#source);
  }
}
