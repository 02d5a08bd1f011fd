import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const bench = resolve(import.meta.dirname, "..");

/**
 * Installs the contenders beside the benchmark when the lock file asks for others than are there. Without their
 * install scripts: all of them ship binaries for common platforms, and what has none for this one is skipped by name.
 */
export function installContenders(log: (line: string) => void): void {
  if (isInstalled()) return;
  log("installing what is compared (once)");
  const options = ["ci", "--prefix", bench, "--ignore-scripts", "--no-audit", "--no-fund"];
  const done = spawnSync("npm", options, {
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  if (done.status !== 0) log("npm ci failed: contenders that are missing will be skipped");
}

interface LockedPackage {
  readonly version?: string;
  readonly dependencies?: object;
  readonly optionalDependencies?: object;
}

interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

function isInstalled(): boolean {
  try {
    const wanted = lockAt(join(bench, "package-lock.json"));
    const found = lockAt(join(bench, "node_modules/.package-lock.json"));
    const { dependencies, optionalDependencies } = wanted.packages[""] ?? {};
    const direct = Object.keys({ ...dependencies, ...optionalDependencies });
    // Binaries for other platforms are wanted, and never there.
    return (
      direct.every((name) => `node_modules/${name}` in found.packages) &&
      Object.entries(found.packages).every(
        ([path, { version }]) => wanted.packages[path]?.version === version,
      )
    );
  } catch {
    return false;
  }
}

function lockAt(path: string): Lock {
  return JSON.parse(readFileSync(path, "utf8")) as Lock;
}
