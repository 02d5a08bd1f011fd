import { crc32 } from "node:zlib";
import { toStoredChanges, type HeadChanges } from "../../../../session/head.ts";
import { jsonText } from "../../../../session/json/json.ts";
import type { SideEntry } from "../../../../session/side-lists.ts";
import {
  NO_CHECKSUM,
  OPENING,
  CHECKED_FROM,
  MESSAGES_KEY,
  SET_KEY,
  ITEMS_KEY,
  checksumText,
} from "./record-line.ts";
import {
  FORMAT,
  type JournalHeader,
  type CommitRecord,
  type DocumentRecord,
  type SettledRecord,
  type NewCommitRecord,
} from "./record.ts";

/** Above this many characters a record is put together from buffers instead of one string. */
const LARGE = 4 << 20;

/** One line, newline included, the checksum by which the record goes, and the record as a reader finds it. */
export function encodeCommit(record: NewCommitRecord): {
  line: Buffer;
  checksum: string;
  record: CommitRecord;
} {
  const { line, checksum, sizes } = commitLine(record);
  const { set: _set, side: _side, splice, ...fields } = record;
  const goesBy = record.alias ?? checksum;
  return {
    line,
    checksum: goesBy,
    record: {
      ...fields,
      kind: "commit",
      checksum: goesBy,
      checkpoint: 0,
      splice: splice === undefined ? undefined : [splice[0], splice[1]],
      sizes,
      sideSizes: [],
    },
  };
}

function commitLine(record: NewCommitRecord): { line: Buffer; checksum: string; sizes: readonly number[] } {
  let head =
    `,"prev":"${record.previous}","revision":${record.revision},"at":"${record.at}"` +
    `,"count":${record.messageCount},"tokens":${record.tokenCount}`;
  if (record.life > 1) head += `,"life":${record.life}`;
  if (record.listing !== undefined) head += `,"listing":${record.listing}`;
  if (record.document !== undefined) head += `,"document":${record.document}`;
  if (record.earlier !== undefined) head += `,"earlier":${record.earlier}`;
  if (record.synced !== undefined) head += `,"synced":${record.synced}`;
  if (record.operation !== undefined) head += `,"operation":${JSON.stringify(record.operation)}`;
  if (record.foreign !== undefined) head += `,"foreign":"${record.foreign}"`;
  if (record.known !== undefined) head += `,"known":${JSON.stringify(record.known)}`;
  if (record.removed !== undefined) head += `,"removed":"${record.removed}"`;
  if (record.why !== undefined) head += `,"why":${JSON.stringify(record.why)}`;
  if (record.alias !== undefined) head += `,"alias":"${record.alias}"`;
  if (record.restored !== undefined) head += `,"restored":true`;
  const side = record.side ?? [];
  const items = side.map(([, item]) => jsonText(item));
  if (side.length > 0) head += `,"side":${sideSizesText(side, items)}`;
  const texts: string[] = [];
  if (record.splice !== undefined) {
    const [start, deleteCount, messages] = record.splice;
    let total = 0;
    const sizes: number[] = [];
    for (const message of messages) {
      const text = jsonText(message);
      texts.push(text);
      sizes.push(Buffer.byteLength(text));
      total += text.length;
    }
    head += `,"splice":[${start},${deleteCount}],"sizes":[${sizes.join(",")}]${MESSAGES_KEY}`;
    const tail = `]${setText(record.set)}${itemsText(items)}}`;
    if (total > LARGE)
      return {
        ...sealed([head, ...texts.flatMap((text, at) => (at > 0 ? [",", text] : [text])), tail]),
        sizes,
      };
    return { ...sealed([head + texts.join(",") + tail]), sizes };
  }
  return { ...sealed([`${head}${setText(record.set)}${itemsText(items)}}`]), sizes: [] };
}

/** Runs of items that go to one list. */
function sideSizesText(side: readonly SideEntry[], items: readonly string[]): string {
  const runs: [string, number[]][] = [];
  for (const [index, [list]] of side.entries()) {
    const size = Buffer.byteLength(items[index] ?? "");
    const last = runs.at(-1);
    if (last?.[0] === list) last[1].push(size);
    else runs.push([list, [size]]);
  }
  return JSON.stringify(runs);
}

function itemsText(items: readonly string[]): string {
  return items.length === 0 ? "" : `${ITEMS_KEY}${items.join(",")}]`;
}

export function encodeHeader(header: Omit<JournalHeader, "kind" | "format">): Buffer {
  const { session, key, replaces = [], origin, revision, checksum, life } = header;
  const before = replaces.length === 0 ? "" : `,"replaces":${JSON.stringify(replaces)}`;
  const after = life > 1 ? `[${revision},"${checksum}",${life}]` : `[${revision},"${checksum}"]`;
  return sealed([
    `,"format":${FORMAT},"session":"${session}"${key === undefined ? "" : `,"key":"${key}"`}${before},"origin":${origin},"after":${after}}`,
  ]).line;
}

/**
 * Marks everything from `from` to the journal's end as torn. The space keeps bytes that lack nothing but their newline
 * from becoming a record by the mark's: readers have not counted them.
 */
export function encodeSeal(from: number, end: number): Buffer {
  return Buffer.concat([Buffer.from(" "), encodeTorn(from, end + 1)]);
}

/** The line begins with a newline of its own, so that nothing before it can swallow it. */
export function encodeTorn(from: number, to: number): Buffer {
  return Buffer.concat([Buffer.from("\n"), sealed([`,"torn":[${from},${to}]}`]).line]);
}

/** Says which document is in place. */
export function encodeDocument(
  record: Omit<DocumentRecord, "kind" | "stat"> & {
    readonly stat: NonNullable<DocumentRecord["stat"]>;
  },
): Buffer {
  const { revision, stat, covers, written, foreign, synced } = record;
  const whose = foreign === undefined ? "" : `,"foreign":"${foreign}"`;
  return sealed([
    `,"synced":${synced},"document":[${revision},${stat.size},"${stat.modified}",${covers},${written}]${whose}}`,
  ]).line;
}

/** Says the listed fields again. */
export function encodeListing(listed: HeadChanges): Buffer {
  return sealed([`,"listed":true${setText(listed)}}`]).line;
}

/** Says which commit is the last that counts; what stands before is synced. `offset` is where the record is to stand. */
export function encodeSettled({ revision, checksum, offset }: Omit<SettledRecord, "kind">): Buffer {
  return sealed([`,"settled":[${revision},"${checksum}",${offset}]}`]).line;
}

function setText(set: HeadChanges | undefined): string {
  if (set === undefined) return "";
  const entries = Object.entries(toStoredChanges(set)).map(([key, value]) => `"${key}":${jsonText(value)}`);
  return `${SET_KEY}${entries.join(",")}}`;
}

function sealed(parts: readonly string[]): { line: Buffer; checksum: string } {
  const line =
    parts.length === 1
      ? Buffer.from(`{"crc":"${NO_CHECKSUM}"${parts[0]}\n`)
      : Buffer.concat([`{"crc":"${NO_CHECKSUM}"`, ...parts, "\n"].map((part) => Buffer.from(part)));
  const checksum = checksumText(crc32(line.subarray(CHECKED_FROM, line.length - 1)));
  line.write(checksum, OPENING.length, "latin1");
  return { line, checksum };
}
