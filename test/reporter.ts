import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Reporter, TestModule, TestSuite, Vitest } from "vitest/node";

/**
 * Ends a run with one `FAILED: name: why` line per failed test, one `SKIPPED: name` line per skipped one, and
 * then `N passed, N failed[, N skipped]`.
 *
 * Anything that went wrong outside a test (a file that does not load, a failing hook, an unhandled
 * rejection) is counted as a failure, so the last line never says "0 failed" about a failed run. When
 * ASTRID_TEST_COUNTS names a folder, all of it is also written there as JSON for .ci/run to add up.
 */
export default class CountReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0;
    const failures = unhandledErrors.map((error) => `outside the tests: ${firstLine(error)}`);
    const skipped: string[] = [];
    for (const module of modules) {
      failures.push(...failuresOutsideTests(module));
      for (const test of module.children.allTests()) {
        const name = `${module.relativeModuleId} > ${test.fullName}`;
        const { state, errors } = test.result();
        if (state === "passed") passed++;
        else if (state === "failed") failures.push(`${name}: ${firstLine(errors[0])}`);
        else skipped.push(name);
      }
    }

    // A run narrowed by name (-t) skips all the rest on purpose: the number says enough.
    const narrowed = this.#vitest?.config.testNamePattern !== undefined;
    const lines = failures.map((failure) => `FAILED: ${failure}`);
    if (!narrowed) lines.push(...skipped.map((name) => `SKIPPED: ${name}`));
    const tail = skipped.length > 0 ? `, ${skipped.length} skipped` : "";
    lines.push(`${passed} passed, ${failures.length} failed${tail}`);
    process.stdout.write(`${lines.join("\n")}\n`);

    const folder = process.env["ASTRID_TEST_COUNTS"];
    if (folder !== undefined && folder !== "") {
      mkdirSync(folder, { recursive: true });
      const counts = { passed, failed: failures.length, skipped: skipped.length, failures };
      writeFileSync(join(folder, `vitest-${process.pid}.json`), `${JSON.stringify(counts)}\n`);
    }
  }
}

function failuresOutsideTests(module: TestModule): string[] {
  const suites: (TestModule | TestSuite)[] = [module, ...module.children.allSuites()];
  return suites
    .filter((suite) => suite.errors().length > 0)
    .map((suite) => `${module.relativeModuleId}, outside its tests: ${firstLine(suite.errors()[0])}`);
}

function firstLine(error: unknown): string {
  const message = error instanceof Object && "message" in error ? String(error.message) : String(error);
  return message.split("\n", 1)[0] ?? "";
}
