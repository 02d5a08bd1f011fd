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

/** What runs beside may come sooner or later: one point in so many may not be reached. */
const MOST_MISSED = 20;

/** Collects a suite's result. */
export class Tally {
  tried = 0;
  readonly #missed: string[] = [];
  /** Tries with at least one violation. */
  #broken = 0;
  readonly #violations: Violation[] = [];
  readonly #suite: string;

  constructor(suite: string) {
    this.#suite = suite;
  }

  /** @param wasReached whether the trouble came at all; when it did not, that is no try. */
  add(what: string, violations: readonly Violation[], wasReached = true): void {
    if (wasReached) this.tried++;
    else this.#missed.push(what);
    if (violations.length > 0) this.#broken++;
    this.#violations.push(...violations.map(({ kind, detail }) => ({ kind, detail: `${what}: ${detail}` })));
  }

  result(): SuiteResult {
    if (this.#missed.length > 0)
      console.log(`${this.#suite}: ${this.#missed.length} points were not reached`);
    if (this.#missed.length * MOST_MISSED > this.tried)
      this.#violations.push({ kind: "other", detail: `not reached: ${this.#missed.join(", ")}` });
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

/** What a sentence of a simulation tells of. */
function kindOf(violation: string): "lost" | "torn" | "hidden" | "other" {
  if (/hidden|cannot be read|none of its states|damage|listing has/.test(violation)) return "hidden";
  if (/ is (revision|no session)|finds nothing|otherwise than|is missing/.test(violation)) return "lost";
  if (/recovered|torn|there twice|not as it was written/.test(violation)) return "torn";
  return "other";
}

/** How many violations of each kind there are. */
export function countsOf(
  violations: readonly string[],
): Record<"lost" | "torn" | "hidden" | "other", number> {
  const counts = { lost: 0, torn: 0, hidden: 0, other: 0 };
  for (const violation of violations) counts[kindOf(violation)]++;
  return counts;
}
