import type { DiskFile, Step } from "./disk.ts";

/** Appends all of `bytes`, however often the system takes only a part. */
export async function appendFully(file: DiskFile, bytes: Uint8Array, step: Step): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await file.append(bytes.subarray(done), step);
}

/** The same without leaving the current tick; for small pieces. */
export function appendFullyNow(file: DiskFile, bytes: Uint8Array, step: Step): void {
  for (let done = 0; done < bytes.length;) done += file.appendNow(bytes.subarray(done), step);
}
