import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Violation } from "./check-store.ts";

const CHECK = fileURLToPath(new URL("check-main.ts", import.meta.url));

/** `checkStore` in a process of its own. */
export async function checkApart(
  directory: string,
  rounds: number,
  size: number,
  acknowledged: number,
  burst = 0,
): Promise<Violation[]> {
  const args = ["--no-warnings", CHECK, directory, `${rounds}`, `${size}`, `${acknowledged}`, `${burst}`];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 64 << 20 });
  return JSON.parse(stdout) as Violation[];
}
