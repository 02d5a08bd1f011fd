import { execFileSync, spawnSync } from "node:child_process";
import { accessSync, constants, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Tools for file systems are where only root has them on the path.
const PATH = `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;

function has(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { env: { ...process.env, PATH }, stdio: "ignore" }).status === 0;
}

export function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { env: { ...process.env, PATH }, stdio: ["ignore", "ignore", "pipe"] });
}

let strace: boolean | undefined;

/** Whether system calls can be traced here. */
export function hasStrace(): boolean {
  return (strace ??= process.platform === "linux" && has("strace", "-qq", "-e", "trace=none", "true"));
}

/** Why loop images cannot be mounted here; `undefined` when they can. */
export function noMounts(...commands: string[]): string | undefined {
  if (process.platform !== "linux") return "not on Linux";
  if (process.getuid?.() !== 0) return "needs root";
  const missing = ["losetup", ...commands].filter((command) => !has("sh", "-c", `command -v ${command}`));
  return missing.length === 0 ? undefined : `no ${missing.join(", ")}`;
}

/** A new directory, in memory where that is possible: nothing that is kept there needs a disk. */
export function newDirectory(): string {
  const memory = "/dev/shm";
  try {
    accessSync(memory, constants.W_OK);
    return mkdtempSync(join(memory, "astrid-crash-"));
  } catch {
    return mkdtempSync(join(tmpdir(), "astrid-crash-"));
  }
}

const mounted = new Set<string>();
let isWatched = false;

/** Mounts something for as long as this process lives, at most. */
export function mount(root: string, ...args: string[]): void {
  if (!isWatched) {
    isWatched = true;
    process.once("exit", () => [...mounted].reverse().forEach(unmountNow));
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
  }
  run("mount", ...args, root);
  mounted.add(root);
}

export function unmount(root: string): void {
  run("umount", root);
  mounted.delete(root);
}

/** Whoever still has a file open there does not keep it. */
function unmountNow(root: string): void {
  spawnSync("umount", ["-l", root], { env: { ...process.env, PATH }, stdio: "ignore" });
}
