import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("write-back.py", import.meta.url));

/**
 * Has the kernel write back the end of the journal that was written last, but for a page or two, as it may at any time:
 * later pages are on the disk then, and an earlier one is not.
 */
export function writeBackInPart(store: string, seed: number): void {
  const { status, stderr } = spawnSync("python3", [PROGRAM, store, `${seed}`], { encoding: "utf8" });
  if (status !== 0) throw new Error(`writing back failed: ${stderr}`);
}
