import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SqliteLocks } from "../../src/engine/file/disk/sqlite-lock.ts";
import { temporaryDirectory } from "./temporary-store.ts";

const MODULE = new URL("../../src/engine/file/disk/sqlite-lock.ts", import.meta.url).href;
const TRY = `
  const { SqliteLocks } = await import(${JSON.stringify(MODULE)});
  console.log(new SqliteLocks().tryLock(process.argv[1]) === undefined ? "taken" : "free");`;

function elsewhere(path: string): string {
  return execFileSync(process.execPath, ["--input-type=module", "--eval", TRY, path], {
    encoding: "utf8",
  }).trim();
}

test("another copy of the module in this process does not give the lock away", () => {
  // As in a worker thread, or in two bundles: POSIX drops a process's locks when it closes any descriptor of the file.
  const path = join(temporaryDirectory(), "one.lock");
  const unlock = new SqliteLocks().tryLock(path);
  expect(unlock).toBeDefined();
  expect(elsewhere(path)).toBe("taken");
  expect(new SqliteLocks().tryLock(path)).toBeUndefined();
  expect(elsewhere(path)).toBe("taken");
  unlock?.();
  expect(elsewhere(path)).toBe("free");
});

test.skipIf(process.platform === "win32")("a lock file is for its owner's eyes", () => {
  const path = join(temporaryDirectory(), "one.lock");
  new SqliteLocks().tryLock(path)?.();
  expect(statSync(path).mode & 0o777).toBe(0o600);
});
