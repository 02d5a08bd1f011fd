// The crash laboratory on the real system: `node test/crash/system/main.ts [suite …]`.
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { enumerateCrashStates } from "./enumeration.ts";
import { failCalls } from "./failing-calls.ts";
import { failSyncs } from "./failing-sync.ts";
import { fillDisks } from "./full-disk.ts";
import { killAtEveryCall } from "./kill-points.ts";
import { cutPower } from "./power-cuts.ts";
import { stopWriters } from "./stopped-writer.ts";
import { isFailure, type SuiteResult } from "./suite-result.ts";
import { tableOf } from "./table.ts";
import { newDirectory } from "./tools.ts";

const SUITES: Readonly<Record<string, (directory: string) => Promise<SuiteResult[]>>> = {
  states: enumerateCrashStates,
  kill: killAtEveryCall,
  fail: failCalls,
  cut: cutPower,
  full: fillDisks,
  sync: failSyncs,
  stop: stopWriters,
};

/** Runs the named suites, or all of them, one after the other. */
export async function runSystemSuites(names: readonly string[] = []): Promise<SuiteResult[]> {
  const chosen = names.length === 0 ? Object.keys(SUITES) : names;
  const directory = newDirectory();
  const results: SuiteResult[] = [];
  try {
    for (const name of chosen) {
      const suite = SUITES[name];
      if (suite === undefined)
        throw new Error(`no suite "${name}"; there are ${Object.keys(SUITES).join(", ")}`);
      const own = join(directory, name);
      mkdirSync(own);
      const begun = performance.now();
      results.push(...(await suite(own)));
      console.log(`${name}: ${((performance.now() - begun) / 1000).toFixed(0)} s`);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return results;
}

if (import.meta.main) {
  const results = await runSystemSuites(process.argv.slice(2));
  console.log(tableOf(results));
  process.exitCode = results.some(isFailure) ? 1 : 0;
}
