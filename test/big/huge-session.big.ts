import { execFile } from "node:child_process";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../index/temporary-directory.ts";
import { makeJournal } from "./journal-maker.ts";

const BYTES = Number(process.env["ASTRID_BIG_BYTES"] ?? 1.8e9);
const MOST_MEMORY = 300;
const LONGEST_BLOCK = 50;

interface Measured {
  readonly what: string;
  readonly rss: number;
  readonly block: number;
  readonly result: unknown;
}

test(
  "a session of 1.8 GB is listed, appended to, checkpointed and read within 300 MB and without long blocks",
  { timeout: 600_000 },
  async () => {
    using directory = temporaryDirectory();
    const { id, messages } = makeJournal(directory.path, BYTES);
    // What a process that only waits is held up by is the machine's doing, not the store's.
    const noise = monitorEventLoopDelay({ resolution: 1 });
    noise.enable();
    const { stdout } = await promisify(execFile)(process.execPath, [
      join(import.meta.dirname, "handle-huge.ts"),
      directory.path,
      id,
    ]);
    noise.disable();
    const steps = new Map(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Measured)
        .map((step) => [step.what, step]),
    );
    console.log(stdout, `blocked while waiting: ${Math.round(noise.max / 1e6)} ms`);
    for (const { what, rss, block } of steps.values()) {
      expect(rss, `${what}: MB`).toBeLessThan(MOST_MEMORY);
      expect(block, `${what}: ms`).toBeLessThan(LONGEST_BLOCK + noise.max / 1e6);
    }
    const { saves } = steps.get("checkpoint, saves going on")?.result as { saves: number };
    expect(saves).toBeGreaterThan(10);
    expect(steps.get("all messages")?.result).toBe(messages + 1 + saves);
    expect(steps.get("all messages, newest first")?.result).toBe(messages + 1 + saves);
  },
);
