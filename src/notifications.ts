import { readFileSync, statfsSync } from "node:fs";

/**
 * File systems of this machine alone, by the numbers that Linux gives them. On any other, a change by another machine
 * is not told.
 */
const LOCAL = new Set([
  0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x2fc12fc1, 0xf2f52010, 0x794c7630, 0x858458f6, 0xca451a4e,
  0x52654973,
]);

/**
 * Whether the runtime reads the kernel's queue on the event loop's own thread, as Node does. Bun and Deno read it on
 * another one, in its own time: there a listing may be ahead of what the kernel has told already.
 */
const IS_READ_IN_TURN = process.versions["bun"] === undefined && process.versions["deno"] === undefined;

/**
 * Whether the kernel tells of everything that changes in a directory, so that nobody has to look. On Linux an event is
 * in the queue when the call that changed something returns, whichever process made it; other systems tell later and
 * are not relied on.
 */
export function tellsOfAll(directory: string): boolean {
  if (process.platform !== "linux" || !IS_READ_IN_TURN) return false;
  try {
    return LOCAL.has(statfsSync(directory).type);
  } catch {
    return false;
  }
}

/** How many events the kernel keeps before it drops some; other watchers of this process share them. */
export function longestQueue(): number {
  try {
    return Number(readFileSync("/proc/sys/fs/inotify/max_queued_events", "utf8")) || 16_384;
  } catch {
    return 16_384;
  }
}
