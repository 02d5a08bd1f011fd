import { fileURLToPath } from "node:url";
import { runForResults } from "../simulation/job.ts";
import { countsOf, type SuiteResult } from "../system/suite-result.ts";

const PROGRAM = fileURLToPath(new URL("main.ts", import.meta.url));
const WORKERS = 2;
const SEEDS = 80;
/** Who overwrites whom among those beside us is not ours to tell: Astrid and the editor come each on its own. */
const ASTRID = ["--actors", "astrid,astrid-clears,astrid-removes"];
const EDITOR = ["--actors", "editor,editor-in-place"];

interface Line {
  readonly seed: number;
  readonly cuts: number;
  readonly violation?: string;
  readonly again?: string;
}

/** Astrid beside us, and a person with an editor. */
export async function runBesideOthers(): Promise<SuiteResult[]> {
  return [await beside("Astrid", ASTRID), await beside("an editor", EDITOR)];
}

async function beside(whom: string, actors: readonly string[]): Promise<SuiteResult> {
  const parts = await Promise.all(
    Array.from({ length: WORKERS }, (_, part) =>
      run(["--seeds", `${SEEDS}`, ...actors, "--part", `${part + 1}/${WORKERS}`]),
    ),
  );
  return resultOf(`beside ${whom}`, parts.flat());
}

/** The control, which must be noticed. */
export async function runBesideOthersBlindly(): Promise<SuiteResult[]> {
  const lines = await run(["--seeds", "60", ...ASTRID, "--most", "5", "--control", "blind-to-documents"]);
  const caught = lines.filter(({ violation }) => violation !== undefined).length;
  const suite = "beside Astrid, left out: nobody looks whether a document is still our own";
  return [{ ...resultOf(suite, lines), caught }];
}

async function run(args: readonly string[]): Promise<Line[]> {
  return (await runForResults([PROGRAM, ...args])) as Line[];
}

function resultOf(suite: string, lines: readonly Line[]): SuiteResult {
  const violations = lines.flatMap(({ violation }) => violation ?? []);
  const details: string[] = [];
  for (const { seed, violation, again } of lines) {
    if (violation === undefined) continue;
    details.push(`seed ${seed}: ${violation}`, ...(again === undefined ? [] : [`  again: ${again}`]));
  }
  return { suite, tried: lines.reduce((sum, { cuts }) => sum + cuts, 0), ...countsOf(violations), details };
}
