// Every check but the tests, in order; the first one that fails ends the run.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack, run } from "./run.mjs";

const folder = mkdtempSync(join(tmpdir(), "astrid-sessions-check-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

function step(heading, action) {
  console.log(`\n=== ${heading} ===`);
  return action();
}

step("types: tsc", () => run("npm", ["run", "--silent", "typecheck"]));
step("lint: eslint", () => run("npm", ["run", "--silent", "lint"]));
step("format: prettier", () => run("npm", ["run", "--silent", "format:check"]));
step("unused files, exports and dependencies: knip", () => run("npm", ["run", "--silent", "knip"]));
step("build: tsc", () => run("npm", ["run", "--silent", "build"]));
const tarball = step("pack: npm pack", () => pack(folder));
step("package: publint", () => run("publint", ["run", tarball, "--strict"]));
step("package types: attw", () =>
  run("attw", [tarball, "--profile", "esm-only", "--no-definitely-typed", "--no-emoji", "--format", "ascii"]),
);
step("package as installed", () => run("node", ["scripts/check-tarball.mjs", tarball]));
console.log("\nAll checks passed.");
