import type { SessionId } from "../../../session/session-id.ts";
import type { DiskFile } from "../disk/disk.ts";
import { decodeRecord } from "./record/decode-record.ts";
import { FORMAT, type CommitRecord, type JournalHeader } from "./record/record.ts";
import { NO_CHECKSUM } from "./record/record-line.ts";

/** As much of the journal is looked at. */
const LOOKED_AT = 8 << 20;
const NEWLINE = 0x0a;
const OPENING = '{"crc":"';

interface Found {
  readonly record: CommitRecord;
  readonly at: number;
}

/**
 * Makes up a journal's first line, which cannot be read, from the records behind it: what the first of them follows,
 * and, from the offsets that records name, which logical offset the file begins at.
 * @returns `undefined` when no record can be read.
 */
export function recoverHeader(
  file: DiskFile,
  session: SessionId,
): { header: JournalHeader; firstRecord: number } | undefined {
  const buffer = Buffer.alloc(Math.min(file.stat().size, LOOKED_AT));
  const bytes = buffer.subarray(0, file.readNow(buffer, 0));
  const [first, ...more] = recordsIn(bytes);
  if (first === undefined) return undefined;
  const { previous, life, revision } = first.record;
  const begins = revision === 1 && life > 1;
  const header = {
    kind: "header",
    format: FORMAT,
    session,
    key: undefined,
    origin: originOf(bytes, first, more),
    // A life follows an earlier one whose last revision only its checksum tells.
    revision: begins ? 0 : revision - 1,
    checksum: previous,
    life: begins ? life - 1 : life,
  } as const;
  return { header, firstRecord: first.at };
}

function recordsIn(bytes: Buffer): Found[] {
  const found: Found[] = [];
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, start);
    if (newline < 0) break;
    // A line whose newline was lost stands before the next on the same line.
    for (let at = start; at >= 0 && at < newline; at = bytes.indexOf(OPENING, at + 1)) {
      const record = decodeRecord(bytes.subarray(at, newline));
      if (record?.kind !== "commit") continue;
      found.push({ record, at });
      break;
    }
    start = newline + 1;
  }
  return found;
}

/** The logical offset of the file's first byte: 0, unless what records say of offsets fits another one only. */
function originOf(bytes: Buffer, first: Found, more: readonly Found[]): number {
  if (
    first.record.previous === NO_CHECKSUM &&
    first.record.revision === 1 &&
    first.record.alias === undefined
  )
    return 0;
  const pointing = more.find(({ record }) => record.listing !== undefined);
  const listing = pointing?.record.listing;
  if (listing === undefined) return 0;
  const isRecord = [first, ...more].some(({ at }) => at === listing) && listing < bytes.length;
  return isRecord ? 0 : listing - first.at;
}
