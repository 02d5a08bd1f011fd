import { PRINTED_CHARACTERS } from "../../faces/bounded/measure.ts";
import type { Bounds } from "../../faces/bounded/answers.ts";
import type { Context } from "../context.ts";
import { usageError } from "../exit-code.ts";
import { parseCount } from "./units.ts";

/** A session, or a find, takes as much when everything in it is cut. */
const SMALLEST = 1000;

/** `--budget`, as the commands that have it describe it. */
export const BUDGET_OPTION = [
  "--budget <characters>",
  "with --json: one line of at most so many characters, for a model, and how to go on",
] as const;

/**
 * What an answer with this beside it may take; `undefined` without a budget.
 * @throws {CommandError}
 */
export function budgetOf(
  { output }: Context,
  budget: string | undefined,
  beside: object = {},
): Bounds | undefined {
  if (budget === undefined) return undefined;
  if (!output.json) throw usageError("--budget bounds what --json prints: give both.");
  const most = parseCount("--budget", budget, SMALLEST);
  // The end of the line counts.
  return { most: most - PRINTED_CHARACTERS.of(beside) - 1, measure: PRINTED_CHARACTERS };
}
