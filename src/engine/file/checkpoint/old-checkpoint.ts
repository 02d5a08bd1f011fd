import { crc32 } from "node:zlib";
import type { DiskFile } from "../disk/disk.ts";
import { readFully } from "../disk/read-fully.ts";
import { checksumText, NO_CHECKSUM } from "../journal/record/record-line.ts";
import { CheckedBody } from "./checked-body.ts";
import {
  CHECKSUM_LINE,
  MESSAGES_END_LINE,
  OLD_CLOSING,
  SIDE_LINE,
  type CheckpointHeader,
  type Sections,
} from "./checkpoint-layout.ts";

const CHUNK = 1 << 20;

/** A checkpoint of format 1 has one checksum for all of it: it is read whole before any of it is used. */
export async function openOldCheckpoint(
  file: DiskFile,
  { document, messagesAt }: CheckpointHeader,
  start: Buffer,
): Promise<{ body: CheckedBody; sections: Sections } | undefined> {
  const { size } = file.stat();
  const closing = size - OLD_CLOSING.length;
  const end = document["messages_end"];
  const messages = end === undefined ? closing : Number(end);
  if (!Number.isSafeInteger(messages) || messages < messagesAt || messages > closing) return undefined;
  const zeroed = Buffer.from(start);
  zero(zeroed, CHECKSUM_LINE, NO_CHECKSUM.length);
  if (end !== undefined) zero(zeroed, MESSAGES_END_LINE, 15);
  let checksum = crc32(zeroed);
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (let at = messagesAt; at < size;) {
    const chunk = buffer.subarray(0, Math.min(CHUNK, size - at));
    if ((await readFully(file, chunk, at)) !== chunk.length) return undefined;
    checksum = crc32(chunk, checksum);
    at += chunk.length;
  }
  if (checksumText(checksum) !== document["checksum"]) return undefined;
  const line = Buffer.allocUnsafe(SIDE_LINE.length);
  const hasSide = messages < closing && (await readFully(file, line, messages)) === line.length;
  if (hasSide && line.toString("latin1") !== SIDE_LINE) return undefined;
  const sections = { messages, side: hasSide ? closing : messages, body: closing };
  return { body: new CheckedBody(file, messagesAt, closing, undefined), sections };
}

function zero(start: Buffer, line: string, digits: number): void {
  const at = start.indexOf(line);
  if (at >= 0) start.write("0".repeat(digits), at + line.length, "latin1");
}
