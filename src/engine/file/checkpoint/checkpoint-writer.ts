import { crc32 } from "node:zlib";
import { headFromDocument, headToDocument } from "../../../session/document.ts";
import { CorruptSessionError } from "../../../session/errors.ts";
import { EMPTY_HEAD, type SessionHead } from "../../../session/head.ts";
import { jsonText, type Json } from "../../../session/json.ts";
import type { SessionId } from "../../../session/session-id.ts";
import { appendFully } from "../disk/append-fully.ts";
import {
  CLOSING,
  SIDE_LINE,
  WRITTEN_LAST,
  MESSAGES_LINE,
  OWN_KEYS,
  readCheckpointHeader,
  readChecked,
  type CheckpointHeader,
} from "./checkpoint-reader.ts";
import type { Disk, DiskFile } from "../disk/disk.ts";
import { readJournalHeader, scanJournal, type JournalPosition } from "../journal/journal-reader.ts";
import { checksumText, FORMAT, NO_CHECKSUM, setOf } from "../journal/journal-record.ts";
import { MessagePieces } from "../read/message-pieces.ts";
import { readPieces, type PieceSource } from "../read/piece-reader.ts";
import type { SessionPaths } from "../disk/session-paths.ts";
import { readSideLines, type SideSource } from "../read/side-reader.ts";

/** A session's state as places in its files. */
export interface OpenedState extends PieceSource {
  readonly position: JournalPosition;
  readonly updatedAt: string;
  readonly head: SessionHead;
  readonly pieces: MessagePieces;
  /** Where the journal was taken up. */
  readonly begin: JournalPosition;
  readonly hasSideLists: boolean;
  close(): void;
}

/**
 * Opens a session's files and finds out where each message stands, from the checkpoint and the journal behind it; a
 * checkpoint that is missing or damaged is done without.
 * @param upTo the last revision to take in; default: all.
 * @returns `undefined` when the journal cannot be followed; then `readSession` tells what is wrong.
 */
export async function openState(
  disk: Disk,
  paths: SessionPaths,
  id: SessionId,
  options: { readonly upTo?: number; readonly check?: boolean } = {},
): Promise<OpenedState | undefined> {
  const opened: DiskFile[] = [];
  const close = (): void => {
    for (const file of opened) file.close();
  };
  const keep = (file: DiskFile | undefined): DiskFile | undefined => {
    if (file !== undefined) opened.push(file);
    return file;
  };
  try {
    const file =
      disk.stat(paths.checkpoint(id))?.kind === "file"
        ? keep(disk.openToRead(paths.checkpoint(id)))
        : undefined;
    const journal =
      disk.stat(paths.journal(id))?.kind === "file" ? keep(disk.openToRead(paths.journal(id))) : undefined;
    const first = journal === undefined ? undefined : readJournalHeader(journal);
    if (journal === undefined || first?.header.session !== id) {
      close();
      return undefined;
    }
    const { origin, revision, checksum } = first.header;
    const beginning = { offset: origin + first.length, revision, checksum };
    const found = file === undefined ? undefined : await usable(file, id, options.check ?? true);
    // What a checkpoint from before the journal's beginning holds, the journal states anew.
    const checkpoint =
      found === undefined || found.header.journalOffset < beginning.offset ? undefined : found;
    const state = await follow(journal, origin, checkpoint, options.upTo ?? Infinity, beginning);
    if (state === undefined) {
      close();
      return undefined;
    }
    return { ...state, checkpoint, journal, origin, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Where the side lists of an opened state stand. */
function sideSourceOf({ checkpoint, journal, origin, begin, position }: OpenedState): SideSource {
  return { checkpoint, journal, origin, begin, upTo: position.revision };
}

async function usable(
  file: DiskFile,
  id: SessionId,
  check: boolean,
): Promise<{ file: DiskFile; header: CheckpointHeader } | undefined> {
  const header = readCheckpointHeader(file);
  if (header?.id !== id) return undefined;
  return !check || (await readChecked(file, header, () => undefined)) ? { file, header } : undefined;
}

async function follow(
  journal: DiskFile,
  origin: number,
  checkpoint: { readonly header: CheckpointHeader } | undefined,
  upTo: number,
  beginning: JournalPosition,
): Promise<Omit<OpenedState, keyof PieceSource | "close"> | undefined> {
  const header = checkpoint?.header;
  const start =
    header === undefined
      ? beginning
      : { offset: header.journalOffset, revision: header.revision, checksum: header.journalChecksum };
  if (start.revision > upTo || journal.stat().size + origin < start.offset) return undefined;
  let head = header === undefined ? EMPTY_HEAD : headFromDocument(header.document, OWN_KEYS);
  const pieces = new MessagePieces(header?.messageCount ?? 0);
  let position = start;
  let updatedAt = header?.updatedAt ?? "";
  let hasSideLists = header?.messagesEnd !== undefined;
  const scan = await scanJournal(journal, origin, start, (record, line, offset) => {
    if (record.revision > upTo) return;
    head = { ...head, ...setOf(line, record), tokenCount: record.tokenCount };
    const [at, deleteCount] = record.splice ?? [pieces.count, 0];
    pieces.splice(at, deleteCount, { offset, length: line.length + 1, messages: record.sizes.length });
    position = { offset: offset + line.length + 1, revision: record.revision, checksum: record.checksum };
    updatedAt = record.at;
    hasSideLists ||= record.sideSizes.length > 0;
  });
  const damaged = scan.damage !== undefined && scan.position.revision < upTo;
  if (damaged || (scan.removed !== undefined && upTo === Infinity) || position.revision === 0)
    return undefined;
  return { position, updatedAt, head: Object.freeze(head), pieces, begin: start, hasSideLists };
}

/**
 * Writes a checkpoint into a temporary file and makes it durable there; giving it its name is the caller's.
 * @param written bytes of all checkpoints of the session before this one.
 * @returns the temporary file's path and its size.
 */
export async function writeCheckpoint(
  disk: Disk,
  paths: SessionPaths,
  id: SessionId,
  state: OpenedState,
  written: number,
): Promise<{ path: string; size: number }> {
  const path = paths.newTemporary(id);
  const file = disk.create(path, "checkpoint.create");
  let complete = false;
  try {
    const output = new CheckedOutput(file);
    const header = Buffer.from(headerText(id, state, written));
    output.add(header);
    let rest = state.pieces.count;
    for await (const batch of readPieces(state, state.pieces.slice(0, rest))) {
      for (const text of batch) {
        rest--;
        output.add(text, rest > 0 ? BETWEEN : NEWLINE);
      }
      await output.flush(FLUSH_AT);
    }
    if (rest !== 0)
      throw new CorruptSessionError(id, `${rest} of ${state.pieces.count} messages could not be found again`);
    const messagesEnd = output.size;
    if (state.hasSideLists) await addSideLists(output, state);
    output.add(Buffer.from(CLOSING));
    await output.flush(0);
    for (const [index, { line, zeros }] of WRITTEN_LAST.entries()) {
      const value = index === 0 ? output.checksum : String(messagesEnd).padStart(zeros.length, "0");
      const at = header.indexOf(line);
      if (index === 0 || state.hasSideLists)
        file.overwrite(Buffer.from(value), at + line.length, "checkpoint.write");
    }
    await file.sync("checkpoint.sync");
    complete = true;
    return { path, size: output.size };
  } finally {
    file.close();
    if (!complete) await disk.remove(path, "temporary.remove").catch(() => undefined);
  }
}

/** Those of the checkpoint before, and behind them what the journal added. */
async function addSideLists(output: CheckedOutput, state: OpenedState): Promise<void> {
  output.add(Buffer.from(SIDE_LINE));
  let isFirst = true;
  for await (const batch of readSideLines(sideSourceOf(state))) {
    for (const line of batch) {
      output.add(...(isFirst ? [] : [BETWEEN]), line);
      isFirst = false;
    }
    await output.flush(FLUSH_AT);
  }
  output.add(NEWLINE);
}

const BETWEEN = Buffer.from(",\n");
const NEWLINE = Buffer.from("\n");
const FLUSH_AT = 1 << 20;
const SYNC_EVERY = 16 << 20;

/** One key a line, what a listing needs first, so that the start of the file is enough for it. */
function headerText(id: SessionId, state: OpenedState, written: number): string {
  const document: Record<string, Json> = {
    id,
    format: FORMAT,
    revision: state.position.revision,
    journal_offset: state.position.offset,
    journal_crc: state.position.checksum,
    checksum: NO_CHECKSUM,
    written,
    updated_at: state.updatedAt,
    message_count: state.pieces.count,
    ...(state.hasSideLists ? { messages_end: WRITTEN_LAST[1].zeros } : {}),
    ...headToDocument(state.head),
  };
  const lines = Object.entries(document).map(([key, value]) => `${JSON.stringify(key)}:${jsonText(value)}`);
  return `{\n${lines.join(",\n")},${MESSAGES_LINE}`;
}

/** Collects bytes for a file and keeps their checksum. */
class CheckedOutput {
  #written = 0;
  readonly #file: DiskFile;
  #crc = 0;
  #parts: Buffer[] = [];
  #waiting = 0;
  #unsynced = 0;

  constructor(file: DiskFile) {
    this.#file = file;
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

  /** Writes what has been added when it is more than `above` bytes. */
  async flush(above: number): Promise<void> {
    if (this.#waiting <= above) return;
    const parts = this.#parts;
    this.#parts = [];
    for (const bytes of evenParts(parts)) {
      this.#waiting -= bytes.length;
      this.#crc = crc32(bytes, this.#crc);
      this.#written += bytes.length;
      await appendFully(this.#file, bytes, "checkpoint.write");
      this.#unsynced += bytes.length;
      if (this.#unsynced < SYNC_EVERY) continue;
      // A system with much to write makes every write wait, those of further saves as well.
      this.#unsynced = 0;
      await this.#file.sync("checkpoint.sync");
    }
  }

  get checksum(): string {
    return checksumText(this.#crc);
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
