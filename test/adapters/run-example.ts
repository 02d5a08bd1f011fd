import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** Runs an example as its first line says; what it printed. */
export function runExample(name: string, ...args: readonly string[]): string {
  const file = join(import.meta.dirname, "../../examples", `${name}.ts`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`examples/${name}.ts ended with ${String(status)}:\n${stderr}`);
  return stdout;
}
