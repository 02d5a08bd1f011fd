import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Outcome, Plan } from "./run-seed.ts";

/** What a worker is to do. */
export interface Job {
  readonly seeds: readonly number[];
  readonly plan?: Partial<Plan> | undefined;
  /** A step that is left out. */
  readonly control?: string | undefined;
  /** Stop after so many violations. */
  readonly mostViolations?: number | undefined;
  /** Print everything that happens. */
  readonly log?: boolean | undefined;
}

export interface SeedResult extends Outcome {
  readonly seed: number;
}

const WORKER = fileURLToPath(new URL("worker.ts", import.meta.url));
const PATCH = fileURLToPath(new URL("../controls/patch-source.ts", import.meta.url));

/** Runs a job in a process of its own. @throws when that ends badly. */
export async function runJob(job: Job): Promise<SeedResult[]> {
  const results: SeedResult[] = [];
  await runNode([WORKER, JSON.stringify(job)], job.control, (line) => {
    if (line.startsWith('{"seed"')) results.push(JSON.parse(line) as SeedResult);
    else console.log(line);
  });
  return results;
}

/** Runs a program of the laboratory, with one place of the source changed where the control says so. */
async function runNode(
  args: readonly string[],
  control: string | undefined,
  onLine: (line: string) => void,
): Promise<void> {
  // A control changes the source as it is loaded, so it runs from there and not from what was built.
  const preload = control === undefined ? [] : ["--import", PATCH];
  const env = control === undefined ? {} : { CRASH_CONTROL: control, NODE_OPTIONS: "" };
  const child = spawn(process.execPath, [...preload, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  createInterface({ input: child.stdout }).on("line", onLine);
  await new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${args[0] ?? ""} ended with ${signal ?? code}: ${errors}`));
    });
  });
}

/** What a program of the laboratory prints: a JSON value in each line. */
export async function runForResults(args: readonly string[], control?: string): Promise<unknown[]> {
  const results: unknown[] = [];
  await runNode(args, control, (line) => results.push(JSON.parse(line)));
  return results;
}
