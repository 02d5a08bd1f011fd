import { fileURLToPath } from "node:url";
import { runForResults } from "../simulation/job.ts";
import { countsOf, type SuiteResult } from "../system/suite-result.ts";

const PROGRAM = fileURLToPath(new URL("main.ts", import.meta.url));
const WORKERS = 2;
/** Each worker ends then. */
const SECONDS = 150;

interface Line {
  readonly scope: string;
  readonly histories: number;
  readonly states: number;
  readonly isWhole: boolean;
  readonly violation?: string;
}

/** Every history of a small scope. @param args options of scope/main.ts */
export async function runScopes(args: readonly string[] = []): Promise<SuiteResult[]> {
  const parts = await Promise.all(
    Array.from({ length: WORKERS }, (_, part) =>
      run(["--seconds", `${SECONDS}`, ...args, "--part", `${part + 1}/${WORKERS}`]),
    ),
  );
  const lines = parts.flat();
  const histories = lines.reduce((sum, one) => sum + one.histories, 0);
  console.log(`small scope: ${lines.length} scopes, ${histories} orders`);
  return [resultOf("small scope, every history", lines)];
}

/** The controls, which must be noticed. */
export async function runScopeControls(): Promise<SuiteResult[]> {
  const controls: readonly (readonly [title: string, name: string, args: readonly string[]])[] = [
    [
      "the journal is not synced before a commit is acknowledged",
      "no-journal-sync",
      ["--scope", "1 beside 1, locks hold"],
    ],
    [
      "locks lie, and nobody looks whether someone else has written",
      "no-fencing",
      ["--scope", "1 beside 1, locks lie"],
    ],
  ];
  const results: SuiteResult[] = [];
  for (const [title, name, args] of controls) {
    const lines = await run([...args, "--control", name], name);
    const caught = lines.filter(({ violation }) => violation !== undefined).length;
    results.push({ ...resultOf(`small scope, left out: ${title}`, lines), caught });
  }
  return results;
}

async function run(args: readonly string[], control?: string): Promise<Line[]> {
  return (await runForResults([PROGRAM, ...args], control)) as Line[];
}

function resultOf(suite: string, lines: readonly Line[]): SuiteResult {
  const details = lines.flatMap(({ violation }) => violation ?? []);
  return { suite, tried: lines.reduce((sum, { states }) => sum + states, 0), ...countsOf(details), details };
}
