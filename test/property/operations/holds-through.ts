import fc from "fast-check";
import { Run, type Place } from "./run.ts";
import { step, told, type Step } from "./steps.ts";

/** More, and other, sequences than a test run has time for: `ASTRID_MODEL_RUNS=2000 ASTRID_MODEL_SEED=7`. */
const RUNS = Number(process.env["ASTRID_MODEL_RUNS"] ?? "0");
/** More than there is time for. */
const MOST = 1000;
/** As many as are asked for take as long as they take. */
export const TIMEOUT = RUNS > 0 ? 86_400_000 : 300_000;
const SEED = process.env["ASTRID_MODEL_SEED"];

/**
 * Takes random steps, each time on a place of its own, for so many milliseconds or as many times as the environment
 * says. What fails is made as short as it gets, and told as a list of steps.
 */
export async function holdsThrough(place: () => Place, milliseconds: number): Promise<void> {
  const end = RUNS > 0 ? Infinity : performance.now() + milliseconds;
  // What has failed is made shorter, however long that takes.
  let hasFailed = false;
  const isOver = (): boolean => !hasFailed && performance.now() > end;
  const steps = fc.array(step, { minLength: 1, maxLength: 30, size: "max" });
  const property = fc.asyncProperty(steps, async (all) => {
    if (isOver()) return;
    const run = new Run(place());
    try {
      for (const next of [FIRST, ...all]) if (!isOver()) await run.take(next);
      if (!isOver()) await run.end();
    } catch (error) {
      hasFailed = true;
      throw error;
    } finally {
      await run.close();
    }
  });
  const seed = SEED === undefined ? {} : { seed: Number(SEED) };
  const result = await fc.check(property, { numRuns: RUNS > 0 ? RUNS : MOST, ...seed });
  if (!result.failed) return;
  const [shortest] = result.counterexample ?? [[]];
  const list = [FIRST, ...shortest].map((one, index) => `  ${index + 1}. ${told(one)}`).join("\n");
  const why = `seed ${result.seed}, path ${result.counterexamplePath ?? ""}, after ${result.numRuns} runs`;
  throw new Error(`${why}:\n${list}`, { cause: result.errorInstance });
}

const FIRST: Step = { do: "create", kinds: ["user"], daysAgo: 0.5, place: null };
