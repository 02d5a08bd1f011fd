import { AsyncLocalStorage } from "node:async_hooks";

/** What is added to the time, for one process of the simulation. */
export interface Clock {
  offset: number;
}

/** The clock of the simulated process in which the code runs that is running now. */
export const clockInUse = new AsyncLocalStorage<Clock>();

/** By how much a clock is set, in milliseconds. */
export const CLOCK_STEPS = [1_000, 60_000, 3_600_000, 40 * 86_400_000].flatMap((step) => [step, -step]);
