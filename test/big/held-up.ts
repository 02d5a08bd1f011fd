import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

/**
 * The most that the store may do before the event loop has its turn, as `mostWork` counts it: a piece of a checkpoint is
 * a megabyte.
 */
export const MOST_WORK = 1_500_000;

export interface HeldUp {
  readonly what: string;
  /** What cannot be done in pieces. */
  readonly isLimit: boolean;
  /** The most that was done at a stretch. */
  readonly work: number;
  readonly result?: unknown;
}

/** Handles a session of so many bytes in every way, in a process of its own, and tells what it did at a stretch. */
export async function holdNothingUp(directory: string, bytes: number): Promise<HeldUp[]> {
  const program = join(import.meta.dirname, "hold-nothing-up.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [program, directory, String(bytes), "work"]);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as HeldUp);
}
