import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { BUILT_COMMAND } from "./command.ts";

/**
 * Builds the command once for all tests that run it: they try what users have, and each of their hundreds of processes
 * starts in a fraction of the time that its sources take. Not in `dist`, which another build may remove meanwhile.
 */
export function setup(): () => void {
  const root = join(import.meta.dirname, "..");
  const cache = join(root, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "command-"));
  const bundled = spawnSync(process.execPath, [join(root, "scripts/bundle-cli.mjs"), folder], {
    stdio: "inherit",
  });
  if (bundled.status !== 0) throw new Error("the command could not be built");
  process.env[BUILT_COMMAND] = join(folder, "cli/main.cjs");
  return () => rmSync(folder, { recursive: true, force: true });
}
