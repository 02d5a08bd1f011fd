import { crc32 } from "node:zlib";
import { NewerFormatError } from "../../../session/errors/errors.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { Disk, DiskFile } from "../disk/disk.ts";
import { letGo } from "../disk/let-go.ts";
import { layoutOf, ZSTD_MAGIC } from "./frame.ts";

/** The form of a packed journal. */
export const PACKED_FORM = 1;

/** So many bytes of a journal are in one frame. */
export const FRAME_SIZE = 1 << 20;
/** But for the first: whoever opens a journal reads its first line. */
export const FIRST_FRAME_SIZE = 64 << 10;

/** A frame of a packed journal: where it stands, and where its content belongs. */
export interface Frame {
  readonly at: number;
  readonly length: number;
  readonly offset: number;
  readonly size: number;
}

/** The frames that hold a journal, in order. */
export interface Frames {
  readonly frames: readonly Frame[];
  /** Bytes of the journal. */
  readonly size: number;
  /** What is wrong with the table, when the frames had to be looked for one after the other. */
  readonly damage?: string;
  /** It is not known that these are all. */
  readonly mayBeCutShort?: true;
}

/** What the frame before the table says, behind a checksum of just that. */
interface Label {
  readonly packed: number;
  readonly session: string;
  readonly bytes: number;
  readonly table: string;
}

// The seekable format of zstd (contrib/seekable_format): a skippable frame at the end with twelve bytes for each frame,
// and a footer: the number of frames, a byte that says that there are checksums, and a magic number.
const TABLE_MAGIC = 0x184d2a5e;
const FOOTER_MAGIC = 0x8f92eab1;
const HAS_CHECKSUMS = 0x80;
const ENTRY = 12;
const FOOTER = 9;
/** Another skippable frame, which zstd passes over: it says what this is, and the checksum of the table. */
const LABEL_MAGIC = 0x184d2a50;
const SKIPPABLE = 8;
const LONGEST_LABEL = 4096;

/** Whether a file is a packed journal, by either of its ends: the other may be damaged. */
export function isPacked(file: DiskFile): boolean {
  const beginning = bytesOf(file, 0, 4);
  // As every other journal begins.
  if (beginning.equals(PLAIN)) return false;
  const { size } = file.stat();
  if (size < SKIPPABLE + FOOTER) return false;
  return beginning.equals(MAGIC) || bytesOf(file, size - 4, 4).equals(END_MAGIC);
}

/** The same for a file by its path; false when there is none. */
export function isPackedAt(disk: Disk, path: string): boolean {
  const file = disk.stat(path)?.kind === "file" ? disk.openToRead(path) : undefined;
  if (file === undefined) return false;
  try {
    return isPacked(file);
  } finally {
    letGo(file);
  }
}

const PLAIN = Buffer.from('{"cr');

const MAGIC = unsigned(ZSTD_MAGIC);
const END_MAGIC = unsigned(FOOTER_MAGIC);

/** What stands behind the frames of a journal: its label and its table. */
export function endOfPacked(session: SessionId, frames: readonly FrameEntry[]): Buffer {
  const bytes = frames.reduce((sum, { size }) => sum + size, 0);
  // The label's own length is in the table, whose checksum it holds: eight digits, whatever they are.
  const labelWith = (table: string): Buffer =>
    skippable(LABEL_MAGIC, labelText({ packed: PACKED_FORM, session, bytes, table }));
  const { length } = labelWith(NO_SUM);
  const table = tableOf([...frames, { length, size: 0, checksum: 0 }]);
  return Buffer.concat([labelWith(sumOf(table)), table]);
}

const NO_SUM = "00000000";

/** As a journal's records: the checksum first, of everything behind it. */
function labelText(label: Label): Buffer {
  const rest = `,${JSON.stringify(label).slice(1)}\n`;
  return Buffer.from(`{"crc":"${sumOf(Buffer.from(rest))}"${rest}`);
}

/** Bytes before what the checksum of a label is of. */
const LABEL_CHECKED_FROM = '{"crc":"00000000"'.length;

export interface FrameEntry {
  readonly length: number;
  readonly size: number;
  /** Of the content, as at the end of the frame itself. */
  readonly checksum: number;
}

function tableOf(entries: readonly FrameEntry[]): Buffer {
  const footer = Buffer.concat([unsigned(entries.length), Buffer.from([HAS_CHECKSUMS]), END_MAGIC]);
  const rows = entries.flatMap(({ length, size, checksum }) => [length, size, checksum].map(unsigned));
  return skippable(TABLE_MAGIC, Buffer.concat([...rows, footer]));
}

/**
 * The frames of a packed journal, by its table; where that is damaged, by going from frame to frame.
 * @throws {NewerFormatError}
 */
export function readFrames(file: DiskFile, id: SessionId): Frames {
  return fromTable(file, id) ?? fromFrameToFrame(file);
}

function fromTable(file: DiskFile, id: SessionId): Frames | undefined {
  const { size } = file.stat();
  const footer = bytesOf(file, size - FOOTER, FOOTER);
  if (footer.length < FOOTER || !footer.subarray(5).equals(END_MAGIC)) return undefined;
  const length = SKIPPABLE + footer.readUInt32LE(0) * ENTRY + FOOTER;
  const begin = size - length;
  if (begin < SKIPPABLE || footer.readUInt32LE(0) === 0) return undefined;
  const table = bytesOf(file, begin, length);
  const entries = entriesIn(table);
  const label = labelBefore(file, begin, entries.at(-1)?.length ?? 0);
  if (label === undefined || sumOf(table) !== label.table) return undefined;
  if (label.packed > PACKED_FORM) throw new NewerFormatError(id, label.packed, PACKED_FORM);
  const found = framesOf(entries);
  return found.end === begin && found.size === label.bytes ? found : undefined;
}

function entriesIn(table: Buffer): { length: number; size: number }[] {
  const count = (table.length - SKIPPABLE - FOOTER) / ENTRY;
  return Array.from({ length: count }, (_, index) => ({
    length: table.readUInt32LE(SKIPPABLE + index * ENTRY),
    size: table.readUInt32LE(SKIPPABLE + index * ENTRY + 4),
  }));
}

/** Frames that stand one after the other from the beginning of the file; those without content are left out. */
function framesOf(entries: readonly { length: number; size: number }[]): Frames & { readonly end: number } {
  const frames: Frame[] = [];
  let [at, offset] = [0, 0];
  for (const { length, size } of entries) {
    if (size > 0) frames.push({ at, length, offset, size });
    at += length;
    offset += size;
  }
  return { frames, size: offset, end: at };
}

function labelBefore(file: DiskFile, end: number, length: number): Label | undefined {
  if (length <= SKIPPABLE || length > LONGEST_LABEL || length > end) return undefined;
  return labelIn(bytesOf(file, end - length, length));
}

function labelIn(frame: Buffer): Label | undefined {
  if (frame.length < SKIPPABLE || frame.readUInt32LE(0) !== LABEL_MAGIC) return undefined;
  const text = frame.subarray(SKIPPABLE);
  try {
    const label = JSON.parse(text.toString("utf8")) as Partial<Label> & { readonly crc?: unknown };
    if (label.crc !== sumOf(text.subarray(LABEL_CHECKED_FROM))) return undefined;
    const { packed, session, bytes, table } = label;
    if (typeof packed !== "number" || typeof session !== "string") return undefined;
    return typeof bytes === "number" && typeof table === "string"
      ? { packed, session, bytes, table }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Each frame says by itself where it ends, and how long its content is. */
function fromFrameToFrame(file: DiskFile): Frames {
  const entries: { length: number; size: number }[] = [];
  let position = 0;
  for (;;) {
    const at = position;
    const layout = layoutOf((from, length) => bytesOf(file, at + from, length));
    if (layout?.size === undefined || layout.size > FRAME_SIZE) break;
    entries.push({ length: layout.length, size: layout.size });
    position += layout.length;
  }
  const length = bytesOf(file, position, SKIPPABLE);
  const label =
    length.length < SKIPPABLE
      ? undefined
      : labelIn(bytesOf(file, position, SKIPPABLE + Math.min(length.readUInt32LE(4), LONGEST_LABEL)));
  const { frames, size } = framesOf(entries);
  const damage = "the table of the packed journal cannot be read";
  return label?.bytes === size ? { frames, size, damage } : { frames, size, damage, mayBeCutShort: true };
}

/** Fewer than asked for where the file ends. */
function bytesOf(file: DiskFile, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const count = file.readNow(bytes.subarray(done), position + done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}

function skippable(magic: number, content: Buffer): Buffer {
  return Buffer.concat([unsigned(magic), unsigned(content.length), content]);
}

function unsigned(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

function sumOf(bytes: Buffer): string {
  return crc32(bytes).toString(16).padStart(8, "0");
}
