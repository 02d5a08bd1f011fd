import { clockInUse } from "./clock.ts";
import { Random } from "./random.ts";

const RealDate = globalThis.Date;

/** Makes the clock and the random numbers of this process a matter of a seed. For a process of its own only. */
export function makeDeterministic(seed: number): void {
  const random = new Random(seed);
  let now = 1_700_000_000_000;
  const tick = (): number => (now += 3) + (clockInUse.getStore()?.offset ?? 0);
  globalThis.Date = class extends RealDate {
    constructor(...args: [] | [number | string]) {
      if (args.length === 0) super(tick());
      else super(args[0]);
    }

    static override now(): number {
      return tick();
    }
  } as DateConstructor;
  Math.random = () => random.next();
  // A slice of time is over when it is; a simulation has no slices.
  performance.now = () => 0;
}
