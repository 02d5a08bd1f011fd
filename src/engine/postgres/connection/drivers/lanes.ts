import { NotSentError } from "../../client.ts";
import { inTime } from "../deadlines.ts";

/** Lets one call of a lane go at a time: what waits for one locked row takes no more than one connection. */
export class Lanes {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `work` when it is its turn. @throws {NotSentError} when its time is over before. */
  async run<T>(lane: string | undefined, until: number | undefined, work: () => Promise<T>): Promise<T> {
    if (lane === undefined) return await work();
    const before = this.#last.get(lane);
    let done = (): void => undefined;
    const own = new Promise<void>((resolve) => (done = resolve));
    const turn = before === undefined ? own : before.then(() => own);
    this.#last.set(lane, turn);
    try {
      if (before !== undefined) {
        await inTime(until, before, () => new NotSentError("the calls before it took too long"));
      }
      return await work();
    } finally {
      done();
      if (this.#last.get(lane) === turn) this.#last.delete(lane);
    }
  }
}
