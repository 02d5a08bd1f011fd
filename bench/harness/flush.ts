import { closeSync, fsyncSync, openSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Writes what a contender left unsynced to the disk, so that the next one's sync does not pay for it. */
export function flushFolder(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const descriptor = openSync(join(folder, entry.name), "r");
    fsyncSync(descriptor);
    closeSync(descriptor);
  }
}
