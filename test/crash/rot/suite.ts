import { fileURLToPath } from "node:url";
import { runForResults } from "../simulation/job.ts";
import type { SuiteResult } from "../system/suite-result.ts";

const PROGRAM = fileURLToPath(new URL("main.ts", import.meta.url));
const WORKERS = 2;
/** A sample: every so many bytes one is flipped, and at every third of these the file is cut. */
const SAMPLE = ["--step", "37", "--cuts", "3"];
/** When so many damages of a store were not right, the rest of them is not looked at. */
const ENOUGH = 20;

interface Line {
  readonly store: string;
  readonly tried: number;
  readonly failures: readonly { readonly damage: string; readonly problems: readonly string[] }[];
}

/** Bytes that decay in small stores. @param args options of rot/main.ts */
export async function letRot(args: readonly string[] = []): Promise<SuiteResult[]> {
  const parts = await Promise.all(
    Array.from({ length: WORKERS }, (_, part) =>
      run([...SAMPLE, ...args, "--part", `${part + 1}/${WORKERS}`, "--most", `${ENOUGH}`]),
    ),
  );
  const byStore = Map.groupBy(parts.flat(), ({ store }) => store);
  return [...byStore].map(([store, lines]) => resultOf(`bit rot: ${store}`, lines));
}

/** The controls, which must be noticed. */
export async function letRotUnnoticed(): Promise<SuiteResult[]> {
  const store = ["--store", "killed"];
  const few = ["--step", "20", "--most", "5"];
  const controls: readonly (readonly [title: string, args: readonly string[], patch?: string])[] = [
    ["a text is altered and its checksum with it", [...store, "--control", "forged"]],
    ["damage is not told", [...store, ...few, "--control", "deaf"]],
    ["checksums of records are not verified", [...store, ...few], "no-checksum"],
  ];
  const results: SuiteResult[] = [];
  for (const [title, args, patch] of controls) {
    const lines = await run(args, patch);
    const caught = lines.reduce((sum, { failures }) => sum + failures.length, 0);
    results.push({ ...resultOf(`bit rot, left out: ${title}`, lines), caught });
  }
  return results;
}

async function run(args: readonly string[], control?: string): Promise<Line[]> {
  return (await runForResults([PROGRAM, ...args], control)) as Line[];
}

function resultOf(suite: string, lines: readonly Line[]): SuiteResult {
  const counts = { lost: 0, torn: 0, hidden: 0, other: 0 };
  const details: string[] = [];
  for (const { store, failures } of lines) {
    for (const { damage, problems } of failures) {
      const text = problems.join("; ");
      if (/never was so|never made|instead of|it is /.test(text)) counts.torn++;
      else if (/in silence|other session/.test(text)) counts.hidden++;
      else counts.other++;
      details.push(
        `node test/crash/rot/main.ts --store '${store}' --damage ${damage}: ${text.slice(0, 300)}`,
      );
    }
  }
  return { suite, tried: lines.reduce((sum, { tried }) => sum + tried, 0), ...counts, details };
}
