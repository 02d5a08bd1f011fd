import { execFile } from "node:child_process";
import { join } from "node:path";
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
  readonly collection: number;
  readonly result: unknown;
}

test(
  "a session of 1.8 GB is listed, appended to, checkpointed and read within 300 MB and without long blocks",
  { timeout: 600_000 },
  async () => {
    using directory = temporaryDirectory();
    const { id, messages } = makeJournal(directory.path, BYTES);
    // A small nursery, so that what is measured is what is held, and not what a busy machine has not collected yet.
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--max-semi-space-size=8",
      join(import.meta.dirname, "handle-huge.ts"),
      directory.path,
      id,
    ]);
    const steps = new Map(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Measured)
        .map((step) => [step.what, step]),
    );
    console.log(stdout);
    for (const { what, rss, block, collection } of steps.values()) {
      expect(rss, `${what}: MB`).toBeLessThan(MOST_MEMORY);
      expect(block, `${what}: ms`).toBeLessThan(LONGEST_BLOCK + collection);
    }
    const { saves } = steps.get("checkpoint, saves going on")?.result as { saves: number };
    expect(saves).toBeGreaterThan(10);
    expect(steps.get("all messages")?.result).toBe(messages + 1 + saves);
    expect(steps.get("all messages, newest first")?.result).toBe(messages + 1 + saves);
  },
);
