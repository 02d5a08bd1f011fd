import type { DiskFile } from "./disk.ts";

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
