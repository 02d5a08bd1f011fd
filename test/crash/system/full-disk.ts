import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";
import { checkApart } from "./check-apart.ts";
import type { Violation } from "./check-store.ts";
import { said } from "./failing-calls.ts";
import { LoopImage } from "./loop-image.ts";
import { ScriptProcess } from "./script-process.ts";
import { skipped, Tally, type SuiteResult } from "./suite-result.ts";
import { mount, noMounts, unmount } from "./tools.ts";

const SIZE = 20_000;
const LEFT_FREE = [40_000, 70_000, 100_000, 130_000, 160_000];

/** File systems that are full in the middle of the work, and have space again later. */
export async function fillDisks(directory: string): Promise<SuiteResult[]> {
  const [onImage, onMemory] = ["full ext4 (8 MB)", "full tmpfs (1 MB)"];
  const results: SuiteResult[] = [];
  const reason = noMounts("mkfs.ext4");
  if (reason !== undefined) return [skipped(onImage, reason), skipped(onMemory, reason)];
  try {
    const image = new LoopImage(directory, "ext4", 8);
    try {
      results.push(
        await fill(onImage, image.root, () => {
          image.unmount();
          image.mount();
        }),
      );
    } finally {
      image.remove();
    }
  } catch (error) {
    results.push(skipped(onImage, `a loop image cannot be mounted: ${(error as Error).message}`));
  }
  const memory = join(directory, "memory");
  mkdirSync(memory);
  mount(memory, "-t", "tmpfs", "-o", "size=1m", "tmpfs");
  try {
    results.push(await fill(onMemory, memory, () => undefined));
  } finally {
    unmount(memory);
  }
  return results;
}

async function fill(suite: string, root: string, remount: () => void): Promise<SuiteResult> {
  const tally = new Tally(suite);
  for (const free of LEFT_FREE) {
    const store = join(root, "store");
    const filler = join(root, "filler");
    fillUpTo(filler, root, free);
    const script = new ScriptProcess(["--store", store, "--size", `${SIZE}`, "--wait-on-failure"]);
    const failure = await script.line(/^(failed|done)/);
    rmSync(filler);
    // Every failure waits to be told to go on.
    for (let failures = 0; failures < 20; failures++) script.go();
    await script.ended();
    const violations: Violation[] = script.isDone
      ? said(script)
      : [...said(script), { kind: "other", detail: script.errors }];
    if (failure?.startsWith("failed") === true && !failure.includes("DISK_FULL"))
      violations.push({ kind: "other", detail: failure });
    if (failure === "done") violations.push({ kind: "other", detail: "the disk was never full" });
    remount();
    violations.push(...(await checkApart(store, 1, SIZE, script.acknowledged())));
    tally.add(`${free} bytes free`, violations);
    rmSync(store, { recursive: true });
  }
  return tally.result();
}

/** Takes all space but so many bytes. */
export function fillUpTo(path: string, root: string, free: number): void {
  const file = openSync(path, "w");
  const chunk = Buffer.alloc(4096, 1);
  try {
    for (;;) {
      // Root may use what is kept back from others.
      const { bfree, bsize } = statfsSync(root);
      if (bfree * bsize <= free) return;
      writeSync(file, chunk);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  } finally {
    closeSync(file);
  }
}
