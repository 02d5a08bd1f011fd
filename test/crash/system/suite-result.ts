import type { Violation } from "./check-store.ts";

/** What one suite found. */
export interface SuiteResult {
  readonly suite: string;
  /** States, kill points or cuts that were checked. */
  readonly tried: number;
  readonly lost: number;
  readonly torn: number;
  readonly hidden: number;
  /** Other broken promises. */
  readonly other: number;
  /** For a control: how many of the tries showed that the step is missing. */
  readonly caught?: number | undefined;
  /** Why it did not run. */
  readonly skipped?: string | undefined;
  readonly details: readonly string[];
}

/** Collects a suite's result. */
export class Tally {
  tried = 0;
  /** Tries with at least one violation. */
  #broken = 0;
  readonly #violations: Violation[] = [];
  readonly #suite: string;

  constructor(suite: string) {
    this.#suite = suite;
  }

  add(what: string, violations: readonly Violation[]): void {
    this.tried++;
    if (violations.length > 0) this.#broken++;
    this.#violations.push(...violations.map(({ kind, detail }) => ({ kind, detail: `${what}: ${detail}` })));
  }

  result(): SuiteResult {
    const count = (kind: Violation["kind"]): number =>
      this.#violations.filter((violation) => violation.kind === kind).length;
    return {
      suite: this.#suite,
      tried: this.tried,
      lost: count("lost"),
      torn: count("torn"),
      hidden: count("hidden"),
      other: count("other"),
      details: this.#violations.map(({ kind, detail }) => `${kind}: ${detail}`),
    };
  }

  /** The result of a run with a step left out, which must be noticed. */
  control(): SuiteResult {
    return { ...this.result(), caught: this.#broken };
  }
}

export function skipped(suite: string, reason: string): SuiteResult {
  return { suite, tried: 0, lost: 0, torn: 0, hidden: 0, other: 0, skipped: reason, details: [] };
}

export function isFailure({
  lost,
  torn,
  hidden,
  other,
  caught,
  skipped: reason,
  tried,
}: SuiteResult): boolean {
  if (reason !== undefined) return false;
  if (tried === 0) return true;
  return caught === undefined ? lost + torn + hidden + other > 0 : caught === 0;
}
