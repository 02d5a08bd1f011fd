import type { DiskFile } from "./disk.ts";

/**
 * Up to this many bytes are read without leaving the tick: to ask a thread for them takes longer. Only for what is read
 * once: in a loop, nothing else would have its turn.
 */
export const READ_AT_ONCE = 256 << 10;

/** Reads until `target` is full or the file ends; returns how many bytes. */
export async function readFully(
  file: Pick<DiskFile, "read">,
  target: Buffer,
  position: number,
): Promise<number> {
  let done = 0;
  while (done < target.length) {
    const count = await file.read(target.subarray(done), position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** The same for what is read once, at once when it is little. */
export async function readOnce(
  file: Pick<DiskFile, "read" | "readNow">,
  target: Buffer,
  position: number,
): Promise<number> {
  if (target.length > READ_AT_ONCE) return await readFully(file, target, position);
  const count = file.readNow(target, position);
  return count === target.length
    ? count
    : count + (await readFully(file, target.subarray(count), position + count));
}
