import { fileURLToPath } from "node:url";
import { Child } from "../../src/conformance/child.ts";

/**
 * Starts a program that prints a line for each thing that it was told is stored, kills it (SIGKILL) when it has printed
 * so many, and resolves to all that it printed until it was gone.
 */
export async function linesUntilKilled(
  program: URL,
  args: readonly string[],
  count: number,
): Promise<string[]> {
  const child = new Child([fileURLToPath(program), ...args]);
  await child.printed(count);
  const { signal } = await child.kill();
  if (signal !== "SIGKILL") throw new Error(`the program ended by itself after ${child.lines.length} lines`);
  return [...child.lines];
}
