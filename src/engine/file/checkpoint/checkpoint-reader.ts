import { crc32 } from "node:zlib";
import { headFromDocument, InvalidDocumentError, messageFromDocument } from "../../../session/document.ts";
import { NewerFormatError, SessionStoreError } from "../../../session/errors.ts";
import type { SessionHead } from "../../../session/head.ts";
import { freezeParsed, isJsonObject, type Json, type JsonObject } from "../../../session/json.ts";
import { parsedMessage, type Message } from "../../../session/message.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { SideEntry } from "../../../session/side-lists.ts";
import type { DiskFile } from "../disk/disk.ts";
import { duplicateKey } from "./duplicate-key.ts";
import { checksumText, FORMAT, NO_CHECKSUM } from "../journal/journal-record.ts";

/** What a checkpoint says of itself, beside the session's head. */
export interface CheckpointHeader {
  readonly id: SessionId;
  readonly format: number;
  readonly revision: number;
  /** Logical offset in the journal behind the last record that the checkpoint covers. */
  readonly journalOffset: number;
  /** That record's checksum. */
  readonly journalChecksum: string;
  /** Bytes of all checkpoints of this session before this one. */
  readonly written: number;
  readonly updatedAt: string;
  readonly messageCount: number;
  /** The document without its messages; only its first part where that was asked for. */
  readonly document: JsonObject;
  /** Physical offset of the first message's line. */
  readonly messagesAt: number;
  /** Physical offset behind the last message's line, where side lists follow; `undefined` when there are none. */
  readonly messagesEnd: number | undefined;
}

/** Top-level keys of a checkpoint that describe the file rather than the session. */
export const OWN_KEYS: ReadonlySet<string> = new Set([
  "format",
  "revision",
  "journal_offset",
  "journal_crc",
  "checksum",
  "written",
  "updated_at",
  "message_count",
  "messages_end",
  "side_lists",
]);

/** A line of its own begins each of these; no string holds a bare newline, so neither occurs elsewhere. */
export const MESSAGES_LINE = '\n"messages":[\n';
const CHECKSUM_LINE = '\n"checksum":"';
/** Behind everything that a listing shows. */
const LISTING_ENDS = '\n"git_state":';
export const CLOSING = "]\n}\n";
/** Between the messages and the side lists; no message's line is a bracket. */
export const SIDE_LINE = '],\n"side_lists":[\n';
/** The values of these keys are known when everything else is written; zeros stand for them in the checksum. */
export const WRITTEN_LAST = [
  { line: CHECKSUM_LINE, zeros: NO_CHECKSUM },
  { line: '\n"messages_end":"', zeros: "0".repeat(15) },
] as const;

const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const COMMA = 0x2c;
const NEWLINE = 0x0a;

const FIRST_READ = 4 << 10;
const CHUNK = 1 << 20;

/**
 * The header of a checkpoint that this package wrote, from one or two small reads; `undefined` for any other file.
 * The checksum is not looked at.
 * @param part `listing` reads no further than a listing needs.
 * @throws {NewerFormatError}
 */
export function readCheckpointHeader(
  file: DiskFile,
  part: "whole" | "listing" = "whole",
): CheckpointHeader | undefined {
  for (let want = FIRST_READ; ; want *= 8) {
    const buffer = Buffer.allocUnsafe(want);
    const count = file.readNow(buffer, 0);
    const start = buffer.subarray(0, count);
    if (start.toString("latin1", 0, 6) !== '{\n"id"') return undefined;
    const cut = part === "listing" ? start.indexOf(LISTING_ENDS) : start.indexOf(MESSAGES_LINE);
    if (cut >= 0) return headerFrom(start, cut);
    if (count < want) return undefined;
  }
}

function headerFrom(start: Buffer, cut: number): CheckpointHeader | undefined {
  let document: JsonObject;
  try {
    document = JSON.parse(`${start.toString("utf8", 0, cut).replace(/,$/, "")}}`) as JsonObject;
  } catch {
    return undefined;
  }
  const { id, format, revision, journal_offset, journal_crc, written, updated_at, message_count } = document;
  const { messages_end } = document;
  const messagesEnd = messages_end === undefined ? undefined : Number(messages_end);
  if (!Number.isSafeInteger(format)) return undefined;
  if ((format as number) > FORMAT)
    throw new NewerFormatError(typeof id === "string" ? id : "?", format as number, FORMAT);
  const numbers = [revision, journal_offset, written, message_count, messagesEnd ?? 0];
  if (
    !numbers.every(Number.isSafeInteger) ||
    typeof journal_crc !== "string" ||
    typeof updated_at !== "string"
  ) {
    return undefined;
  }
  return {
    id: id as SessionId,
    format: format as number,
    revision: revision as number,
    journalOffset: journal_offset as number,
    journalChecksum: journal_crc,
    written: written as number,
    updatedAt: updated_at,
    messageCount: message_count as number,
    document,
    messagesAt: cut + MESSAGES_LINE.length,
    messagesEnd,
  };
}

/** A checkpoint read whole. */
export type Checkpoint =
  | {
      readonly kind: "ours";
      readonly header: CheckpointHeader;
      readonly head: SessionHead;
      readonly messages: Message[];
    }
  /** A session's document that this package did not write, or that was changed since. */
  | {
      readonly kind: "foreign";
      readonly head: SessionHead;
      readonly messages: Message[];
      /** Of the whole document. */
      readonly checksum: string;
      /** It has our keys, so that a person or a tool edited it; without them Astrid wrote it. */
      readonly edited: boolean;
      /** Side lists that the document holds. */
      readonly side: readonly SideEntry[];
      /** The revision that our keys name, or 0. */
      readonly revision: number;
    }
  | { readonly kind: "unreadable"; readonly detail: string };

/**
 * Reads a checkpoint in chunks and checks it.
 * @throws {NewerFormatError}
 */
export async function readCheckpoint(file: DiskFile, id: SessionId): Promise<Checkpoint> {
  const header = readCheckpointHeader(file);
  if (header?.id === id) {
    const messages = await readOwnMessages(file, header);
    if (messages !== undefined) {
      try {
        return { kind: "ours", header, head: headFromDocument(header.document, OWN_KEYS), messages };
      } catch (error) {
        if (!(error instanceof InvalidDocumentError)) throw error;
        return { kind: "unreadable", detail: error.message };
      }
    }
  }
  return await readForeign(file, id);
}

/** The messages of our own checkpoint, or `undefined` when its checksum does not fit. */
async function readOwnMessages(file: DiskFile, header: CheckpointHeader): Promise<Message[] | undefined> {
  const messages: Message[] = [];
  // The beginning of a line that goes on in the next chunk; put together once, however long it is.
  let kept: Buffer[] = [];
  try {
    const ok = await readChecked(file, header, (chunk, last) => {
      const behind = last ? chunk.length : chunk.lastIndexOf(NEWLINE) + 1;
      if (behind <= 1) {
        kept.push(chunk.subarray(1));
        return;
      }
      // In one piece with its brackets, so that the text is not copied once more for JSON.parse.
      const whole = chunk.subarray(0, behind);
      const lines =
        kept.length === 0 ? whole : Buffer.concat([chunk.subarray(0, 1), ...kept, whole.subarray(1)]);
      kept = behind < chunk.length ? [chunk.subarray(behind)] : [];
      lines[0] = OPENING_BRACKET;
      const end = lines.length;
      const close = lines[end - 2] === COMMA ? end - 2 : end - 1;
      lines[close] = CLOSING_BRACKET;
      const values = JSON.parse(lines.toString("utf8", 0, close + 1)) as Json[];
      for (const value of values) messages.push(parsedMessage(value));
    });
    return ok && messages.length === header.messageCount ? messages : undefined;
  } catch (error) {
    // Text that is not JSON: the checksum would not have fitted either.
    if (error instanceof SyntaxError || error instanceof SessionStoreError) return undefined;
    throw error;
  }
}

/**
 * Hands the bytes of a checkpoint's message lines over in chunks, each behind one byte that the reader may use, and
 * tells whether the checksum of the whole file fits.
 */
export async function readChecked(
  file: DiskFile,
  header: CheckpointHeader,
  onMessages: (chunk: Buffer, last: boolean) => void,
): Promise<boolean> {
  const closingAt = file.stat().size - CLOSING.length;
  const messagesEnd = messagesEndOf(file, header);
  if (messagesEnd < header.messagesAt || messagesEnd > closingAt) return false;
  const chunkAt = (position: number): Promise<Buffer | undefined> =>
    readBehindOne(
      file,
      Math.min(CHUNK, (position < messagesEnd ? messagesEnd : closingAt) - position),
      position,
    );
  let position = header.messagesAt;
  // The next chunk is read while the one before is looked at.
  let reading = position < closingAt ? chunkAt(position) : undefined;
  try {
    const start = Buffer.allocUnsafe(header.messagesAt);
    if ((await readFully(file, start, 0)) !== start.length) return false;
    const found = start.indexOf(CHECKSUM_LINE) + CHECKSUM_LINE.length;
    const expected = start.toString("latin1", found, found + NO_CHECKSUM.length);
    for (const { line, zeros } of WRITTEN_LAST) {
      const at = start.indexOf(line);
      if (at >= 0 && (line === CHECKSUM_LINE || header.messagesEnd !== undefined))
        start.write(zeros, at + line.length, "latin1");
    }
    let checksum = crc32(start);
    while (reading !== undefined) {
      const chunk = await reading;
      if (chunk === undefined) return false;
      if (position === messagesEnd && chunk.indexOf(SIDE_LINE) !== 1) return false;
      const isMessages = position < messagesEnd;
      position += chunk.length - 1;
      reading = position < closingAt ? chunkAt(position) : undefined;
      checksum = crc32(chunk.subarray(1), checksum);
      if (isMessages) onMessages(chunk, position === messagesEnd);
    }
    const closing = Buffer.allocUnsafe(CLOSING.length);
    file.readNow(closing, closingAt);
    return closing.toString("latin1") === CLOSING && checksumText(crc32(closing, checksum)) === expected;
  } finally {
    // Nobody may close the file under a reading that goes on.
    await reading?.catch(() => undefined);
  }
}

/** So many bytes behind one that is free, or `undefined` when the file ends before. */
async function readBehindOne(file: DiskFile, size: number, position: number): Promise<Buffer | undefined> {
  const target = Buffer.allocUnsafe(size + 1);
  return (await readFully(file, target.subarray(1), position)) === size ? target : undefined;
}

/** Physical offset behind the last message's line. */
export function messagesEndOf(file: DiskFile, { messagesEnd }: CheckpointHeader): number {
  return messagesEnd ?? file.stat().size - CLOSING.length;
}

async function readForeign(file: DiskFile, id: SessionId): Promise<Checkpoint> {
  const { size } = file.stat();
  if (size === 0) return { kind: "unreadable", detail: "the file is empty" };
  if (size > LONGEST_DOCUMENT) {
    return {
      kind: "unreadable",
      detail: `the document is larger than ${LONGEST_DOCUMENT} bytes and not in our format`,
    };
  }
  const bytes = Buffer.allocUnsafe(size);
  if ((await readFully(file, bytes, 0)) !== size)
    return { kind: "unreadable", detail: "the file shrank while it was read" };
  if (bytes.every((byte) => byte === 0))
    return { kind: "unreadable", detail: `the file holds ${size} zero bytes` };
  const text = bytes.toString("utf8");
  let document: Json;
  try {
    document = JSON.parse(text) as Json;
  } catch (error) {
    return { kind: "unreadable", detail: `the document is not JSON (${(error as Error).message})` };
  }
  if (!isJsonObject(document)) return { kind: "unreadable", detail: "the document is not a JSON object" };
  const format = document["format"];
  if (typeof format === "number" && format > FORMAT) throw new NewerFormatError(id, format, FORMAT);
  const twice = duplicateKey(text);
  if (twice !== undefined)
    return { kind: "unreadable", detail: `the key ${JSON.stringify(twice)} occurs twice` };
  try {
    return foreignFrom(document, id, checksumText(crc32(bytes)));
  } catch (error) {
    if (!(error instanceof InvalidDocumentError)) throw error;
    return { kind: "unreadable", detail: error.message };
  }
}

/** V8 cannot hold a longer string. */
const LONGEST_DOCUMENT = 0x1fffffe8;

function foreignFrom(document: JsonObject, id: SessionId, checksum: string): Checkpoint {
  if (document["id"] !== id) throw new InvalidDocumentError("id is not the one that the file is named after");
  const values = document["messages"];
  if (!Array.isArray(values)) {
    throw new InvalidDocumentError(`messages is ${values === undefined ? "missing" : "not an array"}`);
  }
  const messages = (values as Json[]).map(messageFromDocument);
  const edited = Number.isSafeInteger(document["format"]);
  const revision =
    edited && Number.isSafeInteger(document["revision"]) ? (document["revision"] as number) : 0;
  return {
    kind: "foreign",
    head: headFromDocument(document, OWN_KEYS),
    messages,
    checksum,
    edited,
    side: edited ? sideFrom(document["side_lists"]) : [],
    revision,
  };
}

function sideFrom(lines: Json | undefined): SideEntry[] {
  return Array.isArray(lines)
    ? (lines as Json[]).map(sideEntryFrom).filter((entry) => entry !== undefined)
    : [];
}

/** A line of the side lists: the list's name, and the item. */
export function sideEntryFrom(line: Json): SideEntry | undefined {
  if (!Array.isArray(line)) return undefined;
  const [list, item] = line as Json[];
  return typeof list === "string" && item !== undefined ? [list, freezeParsed(item)] : undefined;
}

/** Reads until `target` is full or the file ends; returns how many bytes. */
export async function readFully(file: DiskFile, target: Buffer, position: number): Promise<number> {
  let done = 0;
  while (done < target.length) {
    const count = await file.read(target.subarray(done), position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}
