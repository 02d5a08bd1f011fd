import { readFileSync, readlinkSync } from "node:fs";

/** `undefined`: not asked yet. */
let system: string | undefined;

/**
 * How the name of a file on its way begins: with the number of its owner's process, and with what tells in which system
 * that number counts, where there is such a thing.
 */
export function temporaryOwner(): string {
  system ??= thisSystem();
  return system === "" ? `${process.pid}` : `${process.pid}.${system}`;
}

/** Whether the owner of a file on its way is alive; `unknown` where it is of another system, or does not say. */
export function ownerIs(name: string): "alive" | "dead" | "unknown" {
  const [, pid, of] = /^(\d+)(?:\.([0-9a-f]+))?-/.exec(name) ?? [];
  if (pid === undefined) return "unknown";
  // Of whatever system: better to keep a file too long.
  if (isAlive(Number(pid))) return "alive";
  system ??= thisSystem();
  return of === undefined || of !== system ? "unknown" : "dead";
}

/** The boot of the kernel, and the namespace of process numbers: containers have one each. Empty where nothing tells it. */
function thisSystem(): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").replaceAll("-", "").slice(0, 16);
    const [, namespace] = /^pid:\[(\d+)\]$/.exec(readlinkSync("/proc/self/ns/pid")) ?? [];
    return /^[0-9a-f]{16}$/.test(boot) && namespace !== undefined ? boot + namespace : "";
  } catch {
    return "";
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
