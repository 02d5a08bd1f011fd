import type { Hash } from "node:crypto";
import { CorruptSessionError } from "../../../../session/errors/errors.ts";
import type { SessionId } from "../../../../session/session-id.ts";
import { appendFully } from "../../disk/append-fully.ts";
import type { DiskFile } from "../../disk/disk.ts";
import { TimeSlice } from "../../disk/time-slice.ts";
import { Journal } from "../../journal/journal.ts";
import { endOfPacked, FIRST_FRAME_SIZE, FRAME_SIZE, type FrameEntry } from "../../packed/seek-table.ts";
import { frameOf } from "./packed-bytes.ts";

/** A packed journal that is written, synced and checked, but does not have its name yet. */
export interface WrittenPack {
  readonly path: string;
  readonly size: number;
}

/**
 * Packs a journal into a file that was created for it, and reads that back: by the checksums of its frames and of each record. Needs
 * no lock.
 * @param end logical offset of the journal's end.
 * @param expected checksum of the last commit.
 * @throws {CorruptSessionError} when something of the journal cannot be read.
 */
export async function writePack(
  id: SessionId,
  file: DiskFile,
  journal: Journal,
  end: number,
  expected: string,
): Promise<WrittenPack> {
  const digest = await write(file, id, journal, end);
  await file.sync("pack.sync");
  await check(file, id, digest, expected);
  return { path: file.path, size: file.stat().size };
}

/** @returns a digest of the journal's bytes. */
async function write(file: DiskFile, id: SessionId, journal: Journal, end: number): Promise<string> {
  const frames: FrameEntry[] = [];
  const hash = newHash();
  const slice = new TimeSlice();
  for await (const content of inFrames(journal.copy(journal.header.origin, end))) {
    if (slice.isOver) await slice.next();
    hash.update(content);
    const { frame, entry } = frameOf(content);
    frames.push(entry);
    await appendFully(file, frame, "pack.write");
  }
  await appendFully(file, endOfPacked(id, frames), "pack.write");
  return hash.digest("hex");
}

/** The original goes for this: it is read back whole, as the session will be. */
async function check(file: DiskFile, id: SessionId, digest: string, expected: string): Promise<void> {
  const packed = Journal.in(file, id);
  if (packed?.isPacked !== true) throw new Error("the packed journal has no header");
  const hash = newHash();
  const slice = new TimeSlice();
  for await (const bytes of packed.copy(packed.header.origin, packed.end)) {
    if (slice.isOver) await slice.next();
    hash.update(bytes);
  }
  if (hash.digest("hex") !== digest || packed.packedDamage !== undefined)
    throw new Error("the packed journal is not what was packed");
  const scan = await packed.scan(packed.begin);
  if (scan.damage !== undefined) throw new CorruptSessionError(id, scan.damage.detail);
  if (scan.position.checksum !== expected)
    throw new Error("the packed journal ends elsewhere than the journal did");
}

/** Pieces of a frame's size, however the bytes come. */
async function* inFrames(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let wanted = FIRST_FRAME_SIZE;
  let kept: Buffer[] = [];
  let size = 0;
  for await (const piece of pieces) {
    for (let rest = piece; rest.length > 0;) {
      const taken = rest.subarray(0, wanted - size);
      kept.push(taken);
      size += taken.length;
      rest = rest.subarray(taken.length);
      if (size < wanted) continue;
      yield Buffer.concat(kept);
      kept = [];
      size = 0;
      wanted = FRAME_SIZE;
    }
  }
  if (size > 0) yield Buffer.concat(kept);
}

function newHash(): Hash {
  return process.getBuiltinModule("node:crypto").createHash("sha256");
}
