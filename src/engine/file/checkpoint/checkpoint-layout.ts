import { NewerFormatError } from "../../../session/errors/errors.ts";
import type { Json, JsonObject } from "../../../session/json/json.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { FORMAT } from "../journal/record/record.ts";
import { NO_CHECKSUM } from "../journal/record/record-line.ts";

/** What a checkpoint says of itself, beside the session's head. */
export interface CheckpointHeader {
  readonly id: SessionId;
  readonly format: number;
  readonly life: number;
  readonly revision: number;
  /** `key` of the journal that it belongs to; format 1 has none. */
  readonly journalKey: string | undefined;
  /** Logical offset in the journal behind the last record that the checkpoint covers. */
  readonly journalOffset: number;
  /** That record's checksum. */
  readonly journalChecksum: string;
  /** Bytes of all checkpoints of this session before this one. */
  readonly written: number;
  readonly updatedAt: string;
  readonly messageCount: number;
  /** The document without its messages. */
  readonly document: JsonObject;
  /** Physical offset of the first message's line. */
  readonly messagesAt: number;
}

/** Where the parts behind the header end: physical offsets. Each part's lines end there; brackets follow. */
export interface Sections {
  readonly messages: number;
  readonly side: number;
  /** Where the line of block checksums begins. */
  readonly body: number;
}

/** Top-level keys of a checkpoint that describe the file rather than the session. */
export const OWN_KEYS: ReadonlySet<string> = new Set([
  "format",
  "life",
  "revision",
  "journal",
  "journal_offset",
  "journal_crc",
  "checksum",
  "sections",
  "written",
  "updated_at",
  "message_count",
  "messages_end",
  "side_lists",
  "blocks",
]);

/** A line of its own begins each of these; no string holds a bare newline, so neither occurs elsewhere. */
export const MESSAGES_LINE = '\n"messages":[\n';
export const CHECKSUM_LINE = '\n"checksum":"';
export const SECTIONS_LINE = '\n"sections":"';
/** Format 1 only. */
export const MESSAGES_END_LINE = '\n"messages_end":"';
/** Between the parts; no message's or item's line is a bracket. */
export const SIDE_LINE = '],\n"side_lists":[\n';
export const BLOCKS_LINE = '],\n"blocks":"';
export const CLOSING = '"\n}\n';
/** How a document of format 1 ends. */
export const OLD_CLOSING = "]\n}\n";

/** Every so many bytes behind the header have a checksum of their own, so that a part can be checked alone. */
export const BLOCK = 64 << 10;

const DIGITS = 15;
export const NO_SECTIONS = "0".repeat(3 * DIGITS);

export function sectionsText({ messages, side, body }: Sections): string {
  return [messages, side, body].map((offset) => String(offset).padStart(DIGITS, "0")).join("");
}

export function sectionsFrom(text: Json | undefined): Sections | undefined {
  if (typeof text !== "string" || text.length !== NO_SECTIONS.length || !/^\d+$/.test(text)) return undefined;
  const [messages = 0, side = 0, body = 0] = [0, 1, 2].map((part) =>
    Number(text.slice(part * DIGITS, (part + 1) * DIGITS)),
  );
  return messages <= side && side <= body ? { messages, side, body } : undefined;
}

/** The header in a document without its messages; `undefined` when the document is not a checkpoint. @throws {NewerFormatError} */
export function headerFrom(document: JsonObject, messagesAt: number): CheckpointHeader | undefined {
  const { id, format, life = 1, revision, journal, journal_offset, journal_crc } = document;
  const { written, updated_at, message_count, checksum } = document;
  if (!Number.isSafeInteger(format)) return undefined;
  if ((format as number) > FORMAT)
    throw new NewerFormatError(typeof id === "string" ? id : "?", format as number, FORMAT);
  if (![life, revision, journal_offset, written, message_count].every(Number.isSafeInteger)) return undefined;
  if (typeof journal_crc !== "string" || typeof updated_at !== "string") return undefined;
  if (typeof checksum !== "string" || checksum.length !== NO_CHECKSUM.length) return undefined;
  return {
    id: id as SessionId,
    format: format as number,
    life: life as number,
    revision: revision as number,
    journalKey: typeof journal === "string" ? journal : undefined,
    journalOffset: journal_offset as number,
    journalChecksum: journal_crc,
    written: written as number,
    updatedAt: updated_at,
    messageCount: message_count as number,
    document,
    messagesAt,
  };
}
