// Adds up the counts that the test suites left in a folder (see test/reporter.ts), names once more what failed,
// and prints the sums as the one closing line. Fails when a test failed and when no test ran.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2];
let passed = 0;
let failed = 0;
let skipped = 0;
const failures = [];
for (const name of readdirSync(folder).filter((file) => file.endsWith(".json"))) {
  const counts = JSON.parse(readFileSync(join(folder, name), "utf8"));
  passed += counts.passed;
  failed += counts.failed;
  skipped += counts.skipped;
  failures.push(...(counts.failures ?? []));
}
console.log();
for (const failure of failures) console.log(`FAILED: ${failure}`);
if (passed + failed === 0) console.log("No test ran.");
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
