import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { checkApart } from "./check-apart.ts";
import type { Violation } from "./check-store.ts";
import { fillUpTo } from "./full-disk.ts";
import { LoopImage, type FileSystem } from "./loop-image.ts";
import { ScriptProcess } from "./script-process.ts";
import { skipped, Tally, type SuiteResult } from "./suite-result.ts";
import { mount, noMounts, unmount } from "./tools.ts";

const SIZE = 60_000;
/** Behind so many operations the disk is full; each that follows writes. */
const CASES = [1, 3, 4, 6, 9, 10, 12, 14];
const CONTROL_CASES = [3, 9];

/**
 * Syncs that really fail: the image lies on a memory disk that has no space left, so that what the page cache holds
 * cannot be written. Then the power is cut: what only the page cache holds is gone.
 */
export async function failSyncs(directory: string): Promise<SuiteResult[]> {
  const results: SuiteResult[] = [];
  for (const kind of ["ext4", "xfs"] as const) {
    const suite = `failing fsync on ${kind}`;
    const control = `${suite}, left out: the distrust of a file whose sync has failed; it is synced again`;
    const reason = noMounts("xfs_io", `mkfs.${kind}`);
    results.push(reason === undefined ? await onKind(directory, kind, suite, CASES) : skipped(suite, reason));
    // ext4 turns read-only, since its own log cannot be written either: nobody gets to sync again.
    if (kind === "ext4") continue;
    results.push(
      reason === undefined
        ? await onKind(directory, kind, control, CONTROL_CASES, "--sync-again")
        : skipped(control, reason),
    );
  }
  return results;
}

async function onKind(
  directory: string,
  kind: FileSystem,
  suite: string,
  cases: readonly number[],
  ...control: readonly string[]
): Promise<SuiteResult> {
  const tally = new Tally(suite);
  let reached = 0;
  for (const begin of cases) {
    const memory = join(directory, "memory");
    mkdirSync(memory, { recursive: true });
    mount(memory, "-t", "tmpfs", "-o", "size=100m", "tmpfs");
    let image: LoopImage | undefined;
    try {
      image = new LoopImage(memory, kind);
      image.writeSinglePages();
      const { failures, violations } = await failOne(image, memory, begin, control);
      if (failures > 0) reached++;
      tally.add(`behind operation ${begin}`, violations);
    } finally {
      image?.remove();
      unmount(memory);
    }
  }
  if (control.length > 0) return tally.control();
  return reached === 0 ? skipped(suite, "no sync could be made to fail") : tally.result();
}

async function failOne(
  image: LoopImage,
  memory: string,
  begin: number,
  control: readonly string[],
): Promise<{ failures: number; violations: Violation[] }> {
  const violations: Violation[] = [];
  const store = join(image.root, "store");
  const args = ["--store", store, "--size", `${SIZE}`];
  const before = new ScriptProcess([...args, "--until", `${begin}`]);
  await before.ended();
  const filler = join(memory, "filler");
  const script = new ScriptProcess([
    ...args,
    "--from",
    `${begin}`,
    "--wait",
    "--wait-on-failure",
    ...control,
  ]);
  await script.line(/^ready/);
  fillUpTo(filler, memory, 0);
  script.go();
  await script.line(/^(failed|done|broken)/);
  rmSync(filler);
  for (let failures = 0; failures < 20; failures++) script.go();
  await script.ended();
  const failures = script.lines.filter((line) => line.startsWith("failed")).length;
  for (const line of script.lines)
    if (line.startsWith("broken") || line.includes("UNTYPED"))
      violations.push({ kind: "other", detail: line });
  image.cutPower();
  image.unmount();
  image.mount();
  // A file system that shut itself down after the error could not go on; a later process does.
  let acknowledged = script.acknowledged(begin);
  if (!script.isDone) {
    const later = new ScriptProcess([...args, "--from", `${acknowledged}`]);
    await later.ended();
    if (!later.isDone)
      violations.push({ kind: "other", detail: `could not go on: ${later.errors.slice(-300)}` });
    acknowledged = later.acknowledged(acknowledged);
  }
  violations.push(...(await checkApart(store, 1, SIZE, acknowledged)));
  return { failures, violations };
}
