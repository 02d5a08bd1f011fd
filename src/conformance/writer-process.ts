import { spawn } from "node:child_process";
import { extname } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { WriterJob, WriterLine } from "./writer.ts";

// The source runs as it is written, or compiled: the writer lies beside this file either way.
const WRITER = fileURLToPath(new URL(`./writer${extname(import.meta.url)}`, import.meta.url));

export interface WriterProcess {
  /** What it has printed so far. */
  readonly lines: readonly WriterLine[];
  /** Resolves with all lines when it has ended well or was killed; rejects with what it wrote to its standard error. */
  readonly ended: Promise<readonly WriterLine[]>;
  kill(): void;
}

/** Starts a process that commits to a session. */
export function startWriter(job: WriterJob): WriterProcess {
  const child = spawn(process.execPath, [WRITER, JSON.stringify(job)], { stdio: ["ignore", "pipe", "pipe"] });
  const lines: WriterLine[] = [];
  let errors = "";
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(JSON.parse(line) as WriterLine));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const ended = new Promise<readonly WriterLine[]>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0 || signal === "SIGKILL") resolve(lines);
      else reject(new Error(`Writer ${job.name} ended with ${signal ?? code}: ${errors}`));
    });
  });
  return { lines, ended, kill: () => child.kill("SIGKILL") };
}
