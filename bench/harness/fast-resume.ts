import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { BenchContext } from "./row-group.ts";

const VERSION = "2.14.0";

/** fast-resume's program, installed by pip into a folder of its own; `undefined`, with the reason told, where it cannot be. */
export function installFastResume({ scratch, report, log }: BenchContext): string | undefined {
  const folder = scratch.folder("fast-resume");
  const program = join(folder, "bin", "fr");
  log(`installing fast-resume ${VERSION}`);
  const steps = [
    ["python3", "-m", "venv", folder],
    [join(folder, "bin", "pip"), "install", "--quiet", `fast-resume==${VERSION}`],
  ];
  for (const [command = "", ...args] of steps) {
    const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
    if (status === 0) continue;
    report.skip("fast-resume", `pip cannot install it here: ${error?.message ?? stderr}`);
    return undefined;
  }
  if (existsSync(program)) return program;
  report.skip("fast-resume", "what pip installed has no program for this machine");
  return undefined;
}
