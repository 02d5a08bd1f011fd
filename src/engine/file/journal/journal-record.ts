import { crc32 } from "node:zlib";
import type { HeadChanges } from "../../../session/head.ts";
import { fromStoredChanges, toStoredChanges } from "../../../session/head.ts";
import { jsonText, parseJson, type Json, type JsonObject } from "../../../session/json/json.ts";
import { readMessage, type Message } from "../../../session/message.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { SideEntry } from "../../../session/side-lists.ts";

/** The newest format of journal and checkpoint that this version writes and reads; see docs/format.md. */
export const FORMAT = 2;

/** The checksum that stands in for the record before the first. */
export const NO_CHECKSUM = "00000000";

/** A journal's first line. Offsets in records and checkpoints are logical: `origin` is the one of the file's first byte. */
export interface JournalHeader {
  readonly kind: "header";
  readonly format: number;
  readonly session: SessionId;
  /** Random; tells this journal from any other of the same id. Format 1 has none. */
  readonly key: string | undefined;
  /** Keys of the journals whose content was changed in this one's writing: a document of theirs is left over. */
  readonly replaces?: readonly string[] | undefined;
  readonly origin: number;
  /** The revision before the first record, its checksum, and the life that it belongs to. */
  readonly revision: number;
  readonly checksum: string;
  readonly life: number;
}

/** Where the fields of one commit stand, without its messages being parsed. */
export interface CommitRecord {
  readonly kind: "commit";
  readonly checksum: string;
  /** The checksum of the record that this one follows. */
  readonly previous: string;
  readonly revision: number;
  /** Counted from 1. An id that is used again after a removal begins its next life, whose revisions begin at 1. */
  readonly life: number;
  readonly at: string;
  /** Messages and estimated tokens after this commit. */
  readonly messageCount: number;
  readonly tokenCount: number;
  /** Logical offset of the latest record that holds all listed fields; left out when it is this one. */
  readonly listing?: number | undefined;
  /** Logical offset of the record that describes the document in place; left out when there is none. */
  readonly document?: number | undefined;
  /** Format 1 only: a document of this revision was in place; 0 for none. */
  readonly checkpoint: number;
  /** Logical offset of the tombstone of the latest earlier life that is in the trash. */
  readonly earlier?: number | undefined;
  /** Everything before this logical offset was synced when this was written. Left out: everything before the record. */
  readonly synced?: number | undefined;
  readonly operation?: readonly [id: string, fingerprint: string] | undefined;
  /** Checksum of the document of someone else's that this commit takes over. */
  readonly foreign?: string | undefined;
  /**
   * What that document held: number and digest of its messages, checksums of its fields, tokens; and, where the session
   * has messages that it did not hold, how many in turn it held and did not hold. See foreign-change.ts.
   */
  readonly known?:
    | readonly [
        count: number,
        digest: string,
        fields: readonly string[],
        tokens: number,
        places?: readonly number[],
      ]
    | undefined;
  /** The session was removed here, for good or into the trash. */
  readonly removed?: "gone" | "trash" | undefined;
  /** Why it was removed, where that is to be in the log; `gone`: it is to be removed for good from the trash. */
  readonly why?: readonly [run: string, rule: string, reason: string, to: "trash" | "gone"] | undefined;
  /** The record goes by this checksum instead of its own: it restates a revision, or takes a document over. */
  readonly alias?: string | undefined;
  /** The session was brought back from the trash here. */
  readonly restored?: true | undefined;
  readonly splice?: readonly [start: number, deleteCount: number] | undefined;
  /** Bytes of each spliced message's JSON text. */
  readonly sizes: readonly number[];
  /** Bytes of each side item's JSON text, in order, by the names of their lists. */
  readonly sideSizes: readonly (readonly [list: string, sizes: readonly number[]])[];
}

/** The bytes from `from` to `to` belong to a commit that a crash cut short; readers go on at `to`. */
export interface TornRecord {
  readonly kind: "torn";
  readonly from: number;
  readonly to: number;
}

/** A document that is in place: a checkpoint of ours, or one of someone else's that a commit has taken over. */
export interface DocumentRecord {
  readonly kind: "document";
  /** Of the checkpoint, or of the commit that took the document over. */
  readonly revision: number;
  /** Bytes, and time of change in nanoseconds since 1970, as they were right after it was written. Format 1: unknown. */
  readonly stat: { readonly size: number; readonly modified: bigint } | undefined;
  /** Logical offset in the journal behind what it covers. */
  readonly covers: number;
  /** Bytes of all checkpoints of this session so far, this one included. */
  readonly written: number;
  /** Checksum of the document when it is someone else's. */
  readonly foreign: string | undefined;
  /** Everything before this logical offset was synced when this was written. */
  readonly synced: number;
}

/** Holds the listed fields again, because the commit that set them is long. */
export interface ListingRecord {
  readonly kind: "listing";
}

/**
 * Everything before this record is synced, and this commit is the last that counts: a session was closed, or put in
 * order.
 */
export interface SettledRecord {
  readonly kind: "settled";
  readonly revision: number;
  readonly checksum: string;
  /** Where its writer meant it to stand. It says nothing when it stands elsewhere: someone else had written meanwhile. */
  readonly offset: number;
}

export type JournalRecord =
  JournalHeader | CommitRecord | TornRecord | DocumentRecord | ListingRecord | SettledRecord;

/** What a new commit record is made of. */
export type NewCommitRecord = Omit<
  CommitRecord,
  "kind" | "checksum" | "checkpoint" | "sizes" | "sideSizes" | "splice"
> & {
  readonly splice?: readonly [start: number, deleteCount: number, messages: readonly Message[]] | undefined;
  readonly set?: HeadChanges | undefined;
  readonly side?: readonly SideEntry[] | undefined;
};

const OPENING = Buffer.from('{"crc":"');
/** Length of `{"crc":"89abcdef"`; the checksum is over everything behind it. */
export const CHECKED_FROM = 17;
const MESSAGES_KEY = ',"messages":[';
const SET_KEY = ',"set":{';
const ITEMS_KEY = ',"items":[';
/** Above this many characters a record is put together from buffers instead of one string. */
const LARGE = 4 << 20;
/** Messages of up to this many bytes are parsed at once. */
export const LONGEST_RUN = 1 << 20;

export function checksumText(checksum: number): string {
  return checksum.toString(16).padStart(8, "0");
}

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

/**
 * Reads a line (without its newline); `undefined` when it is not whole. Messages are not parsed.
 * @param found the checksum of the line, where it is known.
 */
export function decodeRecord(line: Buffer, found?: number): JournalRecord | undefined {
  if (line.length <= CHECKED_FROM || OPENING.compare(line, 0, OPENING.length) !== 0) return undefined;
  if (line[CHECKED_FROM - 1] !== QUOTE) return undefined;
  const checksum = line.toString("latin1", OPENING.length, CHECKED_FROM - 1);
  if (checksumText(found ?? crc32(line.subarray(CHECKED_FROM))) !== checksum) return undefined;
  try {
    return recordFrom(JSON.parse(headText(line)) as Record<string, unknown>, checksum);
  } catch (error) {
    // Its checksum fits, but nobody writes such a line: it counts as damaged.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const QUOTE = 0x22;

function recordFrom(fields: Record<string, unknown>, checksum: string): JournalRecord | undefined {
  if ("torn" in fields) return tornFrom(fields["torn"]);
  if ("format" in fields) return headerFrom(fields);
  if ("revision" in fields) return commitFrom(fields, checksum);
  if ("settled" in fields) return settledFrom(fields["settled"]);
  if ("listed" in fields) return { kind: "listing" };
  if (isCount(fields["checkpoint"])) return { ...OLD_MARK, revision: fields["checkpoint"] };
  return documentFrom(fields);
}

function tornFrom(value: unknown): TornRecord | undefined {
  const [from, to] = Array.isArray(value) ? (value as unknown[]) : [];
  return isCount(from) && isCount(to) && to > from ? { kind: "torn", from, to } : undefined;
}

function settledFrom(value: unknown): SettledRecord | undefined {
  const [revision, checksum, offset] = Array.isArray(value) ? (value as unknown[]) : [];
  if (!isCount(revision) || typeof checksum !== "string" || !Number.isSafeInteger(offset)) return undefined;
  return { kind: "settled", revision, checksum, offset: offset as number };
}

function headerFrom(fields: Record<string, unknown>): JournalHeader | undefined {
  const { format, session, key, replaces, origin, after } = fields;
  const [revision, checksum, life = 1] = Array.isArray(after) ? (after as unknown[]) : [];
  if (!isCount(format) || typeof session !== "string" || !Number.isSafeInteger(origin)) return undefined;
  if (!isCount(revision) || typeof checksum !== "string" || !isCount(life)) return undefined;
  return {
    kind: "header",
    format,
    session: session as SessionId,
    key: typeof key === "string" ? key : undefined,
    replaces: Array.isArray(replaces) ? (replaces as string[]) : undefined,
    origin: origin as number,
    revision,
    checksum,
    life,
  };
}

/** A mark of format 1 tells no more than the checkpoint's revision. */
const OLD_MARK = {
  kind: "document",
  stat: undefined,
  covers: 0,
  written: 0,
  foreign: undefined,
  synced: 0,
} as const;

function documentFrom({ document, synced, foreign }: Record<string, unknown>): DocumentRecord | undefined {
  const [revision, size, modified, covers, written] = Array.isArray(document) ? (document as unknown[]) : [];
  if (!isCount(revision) || !isCount(size) || !isCount(synced)) return undefined;
  if (typeof modified !== "string" || !/^-?\d+$/.test(modified)) return undefined;
  if (!isCount(covers) || !isCount(written)) return undefined;
  return {
    kind: "document",
    revision,
    stat: { size, modified: BigInt(modified) },
    covers,
    written,
    foreign: typeof foreign === "string" ? foreign : undefined,
    synced,
  };
}

function commitFrom(fields: Record<string, unknown>, checksum: string): CommitRecord | undefined {
  const { prev, revision, at, count, tokens, life = 1, checkpoint = 0, alias = checksum } = fields;
  if (typeof prev !== "string" || typeof at !== "string" || typeof alias !== "string") return undefined;
  if (!isCount(revision) || !isCount(count) || !isCount(tokens) || !isCount(life)) return undefined;
  return {
    kind: "commit",
    checksum: alias,
    previous: prev,
    revision,
    life,
    at,
    messageCount: count,
    tokenCount: tokens,
    listing: fields["listing"] as number | undefined,
    document: fields["document"] as number | undefined,
    checkpoint: checkpoint as number,
    earlier: fields["earlier"] as number | undefined,
    synced: fields["synced"] as number | undefined,
    operation: fields["operation"] as [string, string] | undefined,
    foreign: fields["foreign"] as string | undefined,
    known: fields["known"] as CommitRecord["known"],
    removed: fields["removed"] as "gone" | "trash" | undefined,
    why: fields["why"] as CommitRecord["why"],
    alias: fields["alias"] as string | undefined,
    restored: fields["restored"] as true | undefined,
    splice: fields["splice"] as [number, number] | undefined,
    sizes: (fields["sizes"] as number[] | undefined) ?? [],
    sideSizes: (fields["side"] as [string, number[]][] | undefined) ?? [],
  };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** The listed fields that a listing record holds. */
export function listedOf(line: Buffer): HeadChanges | undefined {
  return fieldsIn(line, line.indexOf(SET_KEY), line.length - 1);
}

/** The head fields that a commit's line sets. */
export function setOf(line: Buffer, record: CommitRecord): HeadChanges | undefined {
  const from = record.splice === undefined ? line.indexOf(SET_KEY) : messagesEnd(line, record) + 1;
  const end = itemsAt(line, record);
  return fieldsIn(line, from, end);
}

function fieldsIn(line: Buffer, from: number, end: number): HeadChanges | undefined {
  // A find behind that is a key of an item.
  if (from < 0 || end - from <= SET_KEY.length) return undefined;
  return fromStoredChanges(parseJson(line.toString("utf8", from + SET_KEY.length - 1, end)) as JsonObject);
}

/** The messages that a commit's line splices in. */
export function messagesOf(line: Buffer, record: CommitRecord): Message[] {
  if (line.length > LONGEST_RUN) return [...messageRuns(line, record)].flat();
  if (record.sizes.length === 0) return [];
  const start = messagesStart(line);
  const text = line.toString("utf8", start - 1, messagesEnd(line, record) + 1);
  return messagesIn(JSON.parse(text) as Json[], line, start, record.sizes);
}

/** The same, so many at a time as are parsed in a few milliseconds, or a single one that is longer. */
export function* messageRuns(line: Buffer, { sizes }: CommitRecord): Generator<Message[]> {
  let start = sizes.length === 0 ? 0 : messagesStart(line);
  let length = 0;
  for (const [index, size] of sizes.entries()) {
    length += size + 1;
    if (length < LONGEST_RUN && index < sizes.length - 1) continue;
    const values = JSON.parse(`[${line.toString("utf8", start, start + length - 1)}]`) as Json[];
    yield messagesIn(values, line, start, sizes.slice(index + 1 - values.length, index + 1));
    start += length;
    length = 0;
  }
}

/** @param start where the first one's text stands. */
function messagesIn(
  values: readonly Json[],
  line: Buffer,
  start: number,
  sizes: readonly number[],
): Message[] {
  let at = start;
  return values.map((value, index) => {
    const from = at;
    const size = sizes[index] ?? 0;
    at += size + 1;
    return readMessage(value, () => line.toString("utf8", from, from + size));
  });
}

/** The JSON text of each of the spliced messages `from` to `to`, as it stands in the line. */
export function messageSlices(line: Buffer, record: CommitRecord, from: number, to: number): Buffer[] {
  const slices: Buffer[] = [];
  let start = record.sizes.length === 0 ? 0 : messagesStart(line);
  for (const [index, size] of record.sizes.entries()) {
    if (index >= to) break;
    if (index >= from) slices.push(line.subarray(start, start + size));
    start += size + 1;
  }
  return slices;
}

/** The JSON text of each item that a commit's line adds to side lists, with its list, as it stands in the line. */
export function sideSlices(line: Buffer, record: CommitRecord): { list: string; text: Buffer }[] {
  const slices: { list: string; text: Buffer }[] = [];
  let start = itemsAt(line, record) + ITEMS_KEY.length;
  for (const [list, sizes] of record.sideSizes) {
    for (const size of sizes) {
      slices.push({ list, text: line.subarray(start, start + size) });
      start += size + 1;
    }
  }
  return slices;
}

/** The items that a commit's line adds to side lists. */
export function sideOf(line: Buffer, record: CommitRecord): SideEntry[] {
  return sideSlices(line, record).map(({ list, text }) => [list, parseJson(text.toString("utf8"))]);
}

/** Where the items begin, found from the line's end; the closing brace when there are none. */
function itemsAt(line: Buffer, { sideSizes }: CommitRecord): number {
  const closing = line.length - 1;
  if (sideSizes.length === 0) return closing;
  let length = 0;
  for (const [, sizes] of sideSizes) for (const size of sizes) length += size + 1;
  return closing - length - ITEMS_KEY.length;
}

function messagesStart(line: Buffer): number {
  return line.indexOf(MESSAGES_KEY) + MESSAGES_KEY.length;
}

function messagesEnd(line: Buffer, record: CommitRecord): number {
  const separators = Math.max(record.sizes.length - 1, 0);
  return messagesStart(line) + record.sizes.reduce((sum, size) => sum + size, separators);
}

/** The fields before the messages, closed to a document of their own. */
function headText(line: Buffer): string {
  // Quotes inside a string are escaped, so that neither key can be found within a value before the first of the two.
  let head = line;
  for (const key of [MESSAGES_KEY, SET_KEY, ITEMS_KEY]) {
    const found = head.indexOf(key);
    if (found >= 0) head = head.subarray(0, found);
  }
  return head.length === line.length ? head.toString("utf8") : `${head.toString("utf8")}}`;
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
