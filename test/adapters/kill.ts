import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/**
 * Starts a program that prints a line for each thing that it was told is stored, kills it (SIGKILL) when it has printed
 * so many, and resolves to all that it printed until it was gone.
 */
export async function linesUntilKilled(
  program: URL,
  args: readonly string[],
  count: number,
): Promise<string[]> {
  const child = spawn(process.execPath, [program.pathname, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length === count) child.kill("SIGKILL");
  }
  const [, signal] = (await exited) as [number | null, string | null];
  if (signal !== "SIGKILL") throw new Error(`the program ended by itself after ${lines.length} lines`);
  return lines;
}
