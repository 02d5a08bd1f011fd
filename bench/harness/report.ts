import type { Spread } from "./statistics.ts";

/** One line of the results. */
export interface Measure {
  readonly row: string;
  readonly contender: string;
  /** What an acknowledged save outlives; for rows of saves. */
  readonly survives?: string;
  readonly unit: "ms" | "µs" | "MB" | "MB/s" | "bytes" | "calls";
  readonly value: Spread;
  /** Times the row's baseline. */
  readonly ratio?: Spread;
  readonly baseline?: string;
  /** Where the measure stands on a plot's x axis. */
  readonly x?: number;
}

export interface Goal {
  readonly name: string;
  readonly target: string;
  readonly value: number;
  readonly met: boolean;
}

/** What was not measured, and why. */
export interface Skip {
  readonly what: string;
  readonly why: string;
}

/** What one group of rows found. */
export interface Found {
  readonly measures: readonly Measure[];
  readonly goals: readonly Goal[];
  readonly skips: readonly Skip[];
}

/** Gathers what the rows find. */
export class Report implements Found {
  readonly measures: Measure[] = [];
  readonly goals: Goal[] = [];
  readonly skips: Skip[] = [];
  readonly #log: (line: string) => void;

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  add(measure: Measure): void {
    this.measures.push(measure);
  }

  atMost(name: string, value: number, most: number): void {
    this.goals.push({ name, target: `≤ ${most}`, value, met: value <= most });
  }

  atLeast(name: string, value: number, least: number): void {
    this.goals.push({ name, target: `≥ ${least}`, value, met: value >= least });
  }

  /** Said once for each thing, at once and again at the end. */
  skip(what: string, why: unknown): void {
    if (this.skips.some((known) => known.what === what)) return;
    const reason = (why instanceof Error ? why.message : String(why)).split("\n")[0] ?? "";
    this.skips.push({ what, why: reason });
    this.#log(`SKIPPED: ${what}: ${reason}`);
  }
}
