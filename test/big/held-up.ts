import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

/** So long the store may hold up the process at a stretch, in milliseconds. */
export const LONGEST_BLOCK = 50;

export interface HeldUp {
  readonly what: string;
  /** What cannot be done in pieces. */
  readonly isLimit: boolean;
  /** The longest stretch, in milliseconds. */
  readonly block: number;
  readonly collection: number;
  readonly result?: unknown;
}

/** Handles a session of so many bytes in every way, in a process of its own, and tells what held it up for how long. */
export async function holdNothingUp(directory: string, bytes: number): Promise<HeldUp[]> {
  const program = join(import.meta.dirname, "hold-nothing-up.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [program, directory, String(bytes)]);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as HeldUp);
}
