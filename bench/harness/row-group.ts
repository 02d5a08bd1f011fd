import type { Report } from "./report.ts";
import type { Scratch } from "./scratch.ts";

export interface BenchContext {
  readonly report: Report;
  readonly scratch: Scratch;
  /** Small sizes and few rounds: to see that everything runs, not for figures. */
  readonly quick: boolean;
  readonly log: (line: string) => void;
}

/** Rows that belong together; `npm run bench -- --only <name>` runs one group. */
export interface RowGroup {
  readonly name: string;
  run(context: BenchContext): Promise<void>;
}
