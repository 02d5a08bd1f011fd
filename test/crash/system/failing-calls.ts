import { rmSync } from "node:fs";
import { join } from "node:path";
import { callPoints, inPairs } from "./call-sites.ts";
import { checkStore, type Violation } from "./check-store.ts";
import { siteText, startInjected, type Injection } from "./injection.ts";
import { planOf } from "./plan.ts";
import { ScriptProcess } from "./script-process.ts";
import { skipped, Tally, type SuiteResult } from "./suite-result.ts";
import { hasStrace } from "./tools.ts";

const ERRORS = ["EIO", "ENOSPC", "EROFS", "EDQUOT", "EINTR"];
const CALLS = ["write", "pwrite64", "fdatasync", "rename", "link", "openat", "ftruncate", "unlink", "mkdir"];

/** One in so many calls on the derived index, and opens of what is there. */
const SPARSE = 3;

/** An error from every call that changes the disk, once or three times in a row. */
export async function failCalls(directory: string): Promise<SuiteResult[]> {
  const suite = "failing calls";
  if (!hasStrace()) return [skipped(suite, "no strace"), await limitFileSize(directory)];
  const tally = new Tally(suite);
  const plan = planOf(1);
  const reference = join(directory, "reference");
  const calls = await callPoints(directory, reference, []);
  rmSync(reference, { recursive: true });
  const points = calls
    .filter(
      ({ call, isChange, isOnIndex }, index) =>
        CALLS.includes(call) && ((isChange && !isOnIndex) || index % SPARSE === 0),
    )
    .map((site, index): Injection => ({
      site,
      // Every error meets every call at some point; not every point meets every error.
      effect: `error=${ERRORS[index % ERRORS.length] ?? "EIO"}`,
      times: index % 3 === 2 ? 3 : 1,
    }));
  await inPairs(points, async (point, index) => {
    const store = join(directory, `failed-${index}`);
    const { script, ended, wasReached } = await startInjected(store, [], point);
    await ended;
    const violations = [...said(script), ...(await checkStore(store, plan, script.acknowledged()))];
    tally.add(siteText(point), violations, wasReached());
    rmSync(store, { recursive: true, force: true });
  });
  return [tally.result(), await limitFileSize(directory)];
}

/** What the script noticed itself, while it still ran. */
export function said(script: ScriptProcess): Violation[] {
  const violations: Violation[] = script.lines
    .filter((line) => line.startsWith("broken ") || line.includes("UNTYPED"))
    .map((detail) => ({ kind: "other", detail }));
  if (!script.isDone)
    violations.push({
      kind: "other",
      detail: `could not go on when the fault was gone: ${script.errors.slice(-400)} ${script.lines.slice(-3).join(" | ")}`,
    });
  return violations;
}

/** Writes that are cut short by a limit on the size of files (EFBIG). */
async function limitFileSize(directory: string): Promise<SuiteResult> {
  const suite = "short writes (ulimit)";
  if (process.platform === "win32") return skipped(suite, "no ulimit");
  const tally = new Tally(suite);
  const size = 3000;
  for (const limit of [6, 8, 10, 12, 16]) {
    const store = join(directory, "limited");
    const args = ["--store", store, "--size", `${size}`];
    const first = new ScriptProcess(args, ["sh", "-c", `ulimit -f ${limit}; exec "$0" "$@"`]);
    await first.ended();
    const acknowledged = first.acknowledged();
    const violations = first.lines
      .filter((line) => line.startsWith("failed") && !line.includes("DISK_FULL"))
      .map((detail): Violation => ({ kind: "other", detail }));
    const second = new ScriptProcess([...args, "--from", `${acknowledged}`]);
    await second.ended();
    if (!first.isDone) violations.push(...said(second));
    tally.add(`${limit} blocks`, [
      ...violations,
      ...(await checkStore(store, planOf(1, size), second.acknowledged(acknowledged))),
    ]);
    rmSync(store, { recursive: true });
  }
  return tally.result();
}
