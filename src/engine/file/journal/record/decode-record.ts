import { crc32 } from "node:zlib";
import type { SessionId } from "../../../../session/session-id.ts";
import {
  OPENING,
  QUOTE,
  CHECKED_FROM,
  MESSAGES_KEY,
  SET_KEY,
  ITEMS_KEY,
  checksumText,
} from "./record-line.ts";
import type {
  JournalHeader,
  CommitRecord,
  TornRecord,
  DocumentRecord,
  SettledRecord,
  JournalRecord,
} from "./record.ts";

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
