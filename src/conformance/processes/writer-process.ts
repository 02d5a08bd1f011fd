import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { Child } from "../child.ts";
import type { WriterJob, WriterLine } from "./writer.ts";

// The source runs as it is written, or compiled: the writer lies beside this file either way.
const WRITER = fileURLToPath(new URL(`./writer${extname(import.meta.url)}`, import.meta.url));

export interface WriterProcess {
  /** Resolves when it has printed so many lines. Rejects when it ends before. */
  printed(count: number): Promise<void>;
  /** Resolves with all lines when it has ended well or was killed; rejects with what it wrote to its standard error. */
  readonly ended: Promise<readonly WriterLine[]>;
  kill(): void;
}

/** Starts a process that commits to a session. */
export function startWriter(job: WriterJob): WriterProcess {
  const child = new Child([WRITER, JSON.stringify(job)]);
  const ended = child.ended.then(({ code, signal }) => {
    if (code !== 0 && signal !== "SIGKILL")
      throw new Error(`Writer ${job.name} ended with ${signal ?? code}: ${child.errors}`);
    return child.lines.map((line) => JSON.parse(line) as WriterLine);
  });
  // A writer that fails before it is waited for fails whoever waits later.
  ended.catch(() => undefined);
  return { ended, printed: (count) => child.printed(count), kill: () => void child.kill() };
}
