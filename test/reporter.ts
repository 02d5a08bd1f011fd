import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Reporter, TestModule, TestSuite, Vitest } from "vitest/node";

/**
 * Ends a run with one `SKIPPED: name` line per skipped test and then `N passed, N failed[, N skipped]`.
 *
 * Anything that went wrong outside a test (a file that does not load, a failing hook, an unhandled
 * rejection) is counted as a failure, so the last line never says "0 failed" about a failed run. When
 * ASTRID_TEST_COUNTS names a folder, the counts are also written there as JSON for .ci/run to add up.
 */
export default class CountReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandledErrors.length;
    const skipped: string[] = [];
    for (const module of modules) {
      failed += failuresOutsideTests(module);
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") passed++;
        else if (state === "failed") failed++;
        else skipped.push(`${module.relativeModuleId} > ${test.fullName}`);
      }
    }

    // A run narrowed by name (-t) skips all the rest on purpose: the number says enough.
    const narrowed = this.#vitest?.config.testNamePattern !== undefined;
    const lines = narrowed ? [] : skipped.map((name) => `SKIPPED: ${name}`);
    const tail = skipped.length > 0 ? `, ${skipped.length} skipped` : "";
    lines.push(`${passed} passed, ${failed} failed${tail}`);
    process.stdout.write(`${lines.join("\n")}\n`);

    const folder = process.env["ASTRID_TEST_COUNTS"];
    if (folder !== undefined && folder !== "") {
      mkdirSync(folder, { recursive: true });
      const counts = { passed, failed, skipped: skipped.length };
      writeFileSync(join(folder, `vitest-${process.pid}.json`), `${JSON.stringify(counts)}\n`);
    }
  }
}

function failuresOutsideTests(module: TestModule): number {
  const suites: (TestModule | TestSuite)[] = [module, ...module.children.allSuites()];
  return suites.filter((suite) => suite.errors().length > 0).length;
}
