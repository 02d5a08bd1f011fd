import type { SessionId } from "../../../../session/session-id.ts";
import { endOfPacked, FIRST_FRAME_SIZE, FRAME_SIZE, type FrameEntry } from "../../packed/seek-table.ts";
import { compressFrame, QUICK_LEVEL } from "../../packed/zstd.ts";

/** The frame of a piece of a journal, and its line in the table. */
export function frameOf(
  content: Uint8Array,
  level?: number,
): { readonly frame: Buffer; readonly entry: FrameEntry } {
  const frame = compressFrame(content, level);
  // A frame ends with its content's checksum, which is the one that the table has.
  const checksum = frame.readUInt32LE(frame.length - 4);
  return { frame, entry: { length: frame.length, size: content.length, checksum } };
}

/** A small journal, packed. */
export function packedBytes(id: SessionId, journal: Buffer): Buffer {
  const parts: Buffer[] = [];
  const entries: FrameEntry[] = [];
  for (let at = 0; at < journal.length;) {
    const size = at === 0 ? FIRST_FRAME_SIZE : FRAME_SIZE;
    const { frame, entry } = frameOf(journal.subarray(at, at + size), QUICK_LEVEL);
    parts.push(frame);
    entries.push(entry);
    at += entry.size;
  }
  return Buffer.concat([...parts, endOfPacked(id, entries)]);
}
