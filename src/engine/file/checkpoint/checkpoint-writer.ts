import { crc32 } from "node:zlib";
import { documentText } from "../../../session/astrid/document-message.ts";
import { headToDocumentTexts } from "../../../session/document.ts";
import { CorruptSessionError } from "../../../session/errors/errors.ts";
import type { SessionHead } from "../../../session/head.ts";
import { jsonText, type Json } from "../../../session/json/json.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { appendFully } from "../disk/append-fully.ts";
import type { Disk, DiskFile } from "../disk/disk.ts";
import type { SessionPaths } from "../disk/session-paths.ts";
import type { JournalPosition } from "../journal/follow-journal.ts";
import { FORMAT } from "../journal/record/record.ts";
import { checksumText, NO_CHECKSUM } from "../journal/record/record-line.ts";
import {
  BLOCK,
  BLOCKS_LINE,
  CHECKSUM_LINE,
  CLOSING,
  MESSAGES_LINE,
  NO_SECTIONS,
  SECTIONS_LINE,
  sectionsText,
  SIDE_LINE,
} from "./checkpoint-layout.ts";
import { letGo } from "../disk/let-go.ts";

/** What a checkpoint is made of. */
export interface CheckpointContent {
  readonly position: JournalPosition;
  readonly journalKey: string | undefined;
  readonly updatedAt: string;
  readonly head: SessionHead;
  readonly messageCount: number;
  /** The JSON texts of all messages, in batches. */
  readonly messages: AsyncIterable<Buffer[]>;
  /** The lines of the side lists, in batches. */
  readonly side: AsyncIterable<Buffer[]>;
  /** Bytes of all checkpoints of the session before this one. */
  readonly written: number;
}

const BETWEEN = Buffer.from(",\n");
const NEWLINE = Buffer.from("\n");
const FLUSH_AT = 1 << 20;
const SYNC_EVERY = 16 << 20;

/**
 * Writes a checkpoint into a temporary file and makes it durable there; giving it its name is the caller's.
 * @returns the temporary file's path and its size.
 */
export async function writeCheckpoint(
  disk: Disk,
  paths: SessionPaths,
  id: SessionId,
  content: CheckpointContent,
): Promise<{ path: string; size: number }> {
  const path = paths.newTemporary(id);
  const file = disk.create(path, "checkpoint.create");
  let isComplete = false;
  try {
    const size = await writeInto(file, id, content);
    isComplete = true;
    return { path, size };
  } finally {
    letGo(file);
    if (!isComplete) await disk.remove(path, "temporary.remove").catch(() => undefined);
  }
}

async function writeInto(file: DiskFile, id: SessionId, content: CheckpointContent): Promise<number> {
  const header = Buffer.from(headerText(id, content));
  await appendFully(file, header, "checkpoint.write");
  const output = new CheckedOutput(file, header.length);
  let position = 0;
  for await (const batch of content.messages) {
    for (const text of batch) {
      position++;
      output.add(documentText(text), position < content.messageCount ? BETWEEN : NEWLINE);
    }
    await output.flush(FLUSH_AT);
  }
  if (position !== content.messageCount) {
    throw new CorruptSessionError(
      id,
      `${content.messageCount - position} of ${content.messageCount} messages could not be found again`,
    );
  }
  const messages = output.size;
  await output.addSection(SIDE_LINE, content.side);
  const side = output.size;
  await output.flush(0);
  const sections = sectionsText({ messages, side, body: output.size });
  const table = Buffer.from(`${BLOCKS_LINE}${output.sums}${CLOSING}`);
  await appendFully(file, table, "checkpoint.write");
  const checksum = checksumText(crc32(table, crc32(sections, crc32(header))));
  for (const [line, value] of [
    [CHECKSUM_LINE, checksum],
    [SECTIONS_LINE, sections],
  ] as const)
    file.overwrite(Buffer.from(value), header.indexOf(line) + line.length, "checkpoint.write");
  await file.sync("checkpoint.sync");
  return output.size + table.length;
}

/** One key a line. */
function headerText(id: SessionId, content: CheckpointContent): string {
  const { position, journalKey, head, messageCount, updatedAt, written } = content;
  const own: Record<string, Json> = {
    id,
    format: FORMAT,
    ...(position.life > 1 ? { life: position.life } : {}),
    revision: position.revision,
    ...(journalKey === undefined ? {} : { journal: journalKey }),
    journal_offset: position.offset,
    journal_crc: position.checksum,
    checksum: NO_CHECKSUM,
    sections: NO_SECTIONS,
    written,
    updated_at: updatedAt,
    message_count: messageCount,
  };
  const texts = Object.entries(own).map(([key, value]) => [key, jsonText(value)] as const);
  const lines = [...texts, ...headToDocumentTexts(head)].map(
    ([key, text]) => `${JSON.stringify(key)}:${text}`,
  );
  return `{\n${lines.join(",\n")},${MESSAGES_LINE}`;
}

/** Collects bytes for what stands behind a header and keeps the checksum of each block. */
class CheckedOutput {
  readonly #file: DiskFile;
  #written: number;
  #parts: Buffer[] = [];
  #waiting = 0;
  #unsynced = 0;
  readonly #sums: string[] = [];
  #block = 0;
  #blockSize = 0;

  /** @param begin bytes that are in the file already. */
  constructor(file: DiskFile, begin: number) {
    this.#file = file;
    this.#written = begin;
  }

  /** Bytes so far, those that wait to be written among them. */
  get size(): number {
    return this.#written + this.#waiting;
  }

  add(...parts: readonly Buffer[]): void {
    for (const part of parts) {
      this.#parts.push(part);
      this.#waiting += part.length;
    }
  }

  /** Adds a part of the document, one line each; nothing when there are none. */
  async addSection(
    heading: string,
    batches: AsyncIterable<readonly Buffer[]> | Iterable<readonly Buffer[]>,
  ): Promise<void> {
    let isFirst = true;
    for await (const batch of batches) {
      for (const line of batch) {
        this.add(isFirst ? Buffer.from(heading) : BETWEEN, line);
        isFirst = false;
      }
      await this.flush(FLUSH_AT);
    }
    if (!isFirst) this.add(NEWLINE);
  }

  /** Writes what has been added when it is more than `above` bytes. */
  async flush(above: number): Promise<void> {
    if (this.#waiting <= above) return;
    const parts = this.#parts;
    this.#parts = [];
    for (const bytes of evenParts(parts)) {
      this.#waiting -= bytes.length;
      this.#sum(bytes);
      this.#written += bytes.length;
      await appendFully(this.#file, bytes, "checkpoint.write");
      this.#unsynced += bytes.length;
      if (this.#unsynced < SYNC_EVERY) continue;
      // A system with much to write makes every write wait, those of further saves as well.
      this.#unsynced = 0;
      await this.#file.sync("checkpoint.sync");
    }
  }

  #sum(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + BLOCK - this.#blockSize);
      this.#block = crc32(piece, this.#block);
      this.#blockSize += piece.length;
      at += piece.length;
      if (this.#blockSize === BLOCK) this.#endBlock();
    }
  }

  #endBlock(): void {
    this.#sums.push(checksumText(this.#block));
    this.#block = 0;
    this.#blockSize = 0;
  }

  /** The checksums of all blocks; everything must have been written. */
  get sums(): string {
    if (this.#blockSize > 0) this.#endBlock();
    return this.#sums.join("");
  }
}

/** The same bytes in parts of about `FLUSH_AT`, so that neither many messages nor a long one hold up the event loop. */
function* evenParts(parts: readonly Buffer[]): Generator<Buffer> {
  let small: Buffer[] = [];
  let size = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += FLUSH_AT) {
      const piece = part.subarray(at, at + FLUSH_AT);
      small.push(piece);
      size += piece.length;
      if (size < FLUSH_AT) continue;
      yield small.length === 1 ? piece : Buffer.concat(small);
      small = [];
      size = 0;
    }
  }
  if (size > 0) yield Buffer.concat(small);
}
