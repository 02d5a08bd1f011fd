// The crash laboratory: `npm run test:crash`. Prints one table, and leaves its counts where .ci/run adds them up.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runSystemSuites } from "./system/main.ts";
import { isFailure } from "./system/suite-result.ts";
import { tableOf } from "./system/table.ts";

const results = await runSystemSuites();
console.log(tableOf(results));

const skipped = results.filter((result) => result.skipped !== undefined).length;
const failed = results.filter(isFailure).length;
const passed = results.length - failed - skipped;
const folder = process.env["ASTRID_TEST_COUNTS"];
if (folder !== undefined && folder !== "") {
  const counts = { passed, failed, skipped };
  writeFileSync(join(folder, `crash-${process.pid}.json`), `${JSON.stringify(counts)}\n`);
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed > 0 ? 1 : 0;
