import { crc32 } from "node:zlib";
import { EXACT_KEY, exactText } from "../../../session/astrid/document-message.ts";
import { headFromDocument, InvalidDocumentError, messageFromDocument } from "../../../session/document.ts";
import { NewerFormatError } from "../../../session/errors/errors.ts";
import type { SessionHead } from "../../../session/head.ts";
import { isJsonObject, parseJson, type Json, type JsonObject } from "../../../session/json/json.ts";
import { readMessage, type Message } from "../../../session/message.ts";
import type { SessionId } from "../../../session/session-id.ts";
import type { DiskFile, FileStat } from "../disk/disk.ts";
import { readOnce } from "../disk/read-fully.ts";
import { readLines, readLinesBackward } from "../disk/file-lines.ts";
import { FORMAT } from "../journal/record/record.ts";
import { checksumText, NO_CHECKSUM } from "../journal/record/record-line.ts";
import { CheckedBody, DamagedCheckpoint } from "./checked-body.ts";
import {
  BLOCKS_LINE,
  CHECKSUM_LINE,
  CLOSING,
  headerFrom,
  MESSAGES_LINE,
  NO_SECTIONS,
  OWN_KEYS,
  SECTIONS_LINE,
  sectionsFrom,
  SIDE_LINE,
  type CheckpointHeader,
  type Sections,
} from "./checkpoint-layout.ts";
import { landmarksOf, type Landmarks } from "./landmarks.ts";
import { openOldCheckpoint } from "./old-checkpoint.ts";
import { letGo } from "../disk/let-go.ts";

const FIRST_READ = 4 << 10;
const CHUNK = 1 << 20;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const COMMA = 0x2c;
const NEWLINE = 0x0a;

/**
 * A checkpoint of ours, open. Its header was checked when it was opened; of its lines nothing is handed out that was
 * not checked: each block of the file has a checksum.
 */
export class Checkpoint {
  readonly header: CheckpointHeader;
  readonly head: SessionHead;
  readonly #file: DiskFile;
  readonly #body: CheckedBody;
  readonly #sections: Sections;

  private constructor(
    file: DiskFile,
    header: CheckpointHeader,
    head: SessionHead,
    body: CheckedBody,
    sections: Sections,
  ) {
    this.#file = file;
    this.header = header;
    this.head = head;
    this.#body = body;
    this.#sections = sections;
  }

  /**
   * Opens the checkpoint in a file, which the caller closes; `undefined` when it is not one that this package wrote,
   * or not any more.
   * @throws {NewerFormatError}
   */
  static async open(file: DiskFile, id: SessionId): Promise<Checkpoint | undefined> {
    const start = readStart(file);
    if (start === undefined) return undefined;
    let header: CheckpointHeader | undefined;
    try {
      header = headerIn(start);
    } catch (error) {
      if (error instanceof NewerFormatError && (await isDecayed(file, start))) return undefined;
      throw error;
    }
    if (header?.id !== id) return undefined;
    const parts =
      header.format === 1
        ? await openOldCheckpoint(file, header, start)
        : await readParts(file, header, start);
    if (parts === undefined) return undefined;
    try {
      const head = headFromDocument(header.document, OWN_KEYS);
      return new Checkpoint(file, header, head, parts.body, parts.sections);
    } catch (error) {
      if (error instanceof InvalidDocumentError || error instanceof DamagedCheckpoint) return undefined;
      throw error;
    }
  }

  get hasSideLists(): boolean {
    return this.#sections.side > this.#sections.messages;
  }

  stat(): FileStat {
    return this.#file.stat();
  }

  /** Reads all of it. @throws {DamagedCheckpoint} */
  async check(): Promise<void> {
    await this.#body.check();
  }

  /** All messages. @throws {DamagedCheckpoint} */
  async messages(): Promise<Message[]> {
    const messages: Message[] = [];
    // The beginning of a line that goes on in the next chunk; put together once, however long it is.
    let kept: Buffer[] = [];
    const end = this.#sections.messages;
    for await (const { chunk, isLast } of this.#chunks(this.header.messagesAt, end)) {
      const behind = isLast ? chunk.length : chunk.lastIndexOf(NEWLINE) + 1;
      if (behind <= 1) {
        kept.push(chunk.subarray(1));
        continue;
      }
      // In one piece with its brackets, so that the text is not copied once more for JSON.parse.
      const whole = chunk.subarray(0, behind);
      const lines =
        kept.length === 0 ? whole : Buffer.concat([chunk.subarray(0, 1), ...kept, whole.subarray(1)]);
      kept = behind < chunk.length ? [chunk.subarray(behind)] : [];
      lines[0] = OPENING_BRACKET;
      const close = lines[lines.length - 2] === COMMA ? lines.length - 2 : lines.length - 1;
      lines[close] = CLOSING_BRACKET;
      addMessages(messages, lines.subarray(0, close + 1));
    }
    if (messages.length !== this.header.messageCount) throw new DamagedCheckpoint("the number of messages");
    return messages;
  }

  /** Chunks of the file, each behind one byte that the reader may use; the next is read while one is looked at. */
  async *#chunks(from: number, to: number): AsyncGenerator<{ chunk: Buffer; isLast: boolean }> {
    const read = async (position: number): Promise<Buffer> => {
      const target = Buffer.allocUnsafe(Math.min(CHUNK, to - position) + 1);
      const count = await this.#body.read(target.subarray(1), position);
      if (count !== target.length - 1) throw new DamagedCheckpoint("the end of the file");
      return target;
    };
    let position = from;
    let reading = position < to ? read(position) : undefined;
    try {
      while (reading !== undefined) {
        const chunk = await reading;
        position += chunk.length - 1;
        reading = position < to ? read(position) : undefined;
        // Its failure is met when its turn comes.
        reading?.catch(() => undefined);
        yield { chunk, isLast: position >= to };
      }
    } finally {
      // Nobody may close the file under a reading that goes on.
      await reading?.catch(() => undefined);
    }
  }

  /** The JSON texts of the messages `from` to `to`, in batches. @throws {DamagedCheckpoint} */
  async *texts(from: number, to: number): AsyncGenerator<Buffer[]> {
    if (to <= from) return;
    const landmarks = this.#landmarks();
    const before = landmarks.before(from);
    const behind = landmarks.behind(to);
    if (to - from <= FEW && behind.position - from < from - before.position) {
      const batches: Buffer[] = [];
      for await (const batch of this.textsBackward(from, to)) batches.push(...batch);
      yield batches.reverse();
      return;
    }
    let { position } = before;
    for await (const lines of readLines(this.#body, before.offset, behind.offset)) {
      landmarks.note(position, lines);
      const first = position;
      position += lines.length;
      if (position <= from) continue;
      const skipped = Math.max(from - first, 0);
      yield lines.slice(skipped, to - first).map(({ bytes }) => exactText(withoutComma(bytes)));
      if (position >= to) return;
    }
  }

  /** The same, the last message first. @throws {DamagedCheckpoint} */
  async *textsBackward(from: number, to: number): AsyncGenerator<Buffer[]> {
    if (to <= from) return;
    const end = this.#landmarks().behind(to);
    let { position } = end;
    for await (const batch of readLinesBackward(this.#body, this.header.messagesAt, end.offset)) {
      const behind = position;
      position -= batch.length;
      if (position >= to) continue;
      const skipped = Math.max(behind - to, 0);
      yield batch.slice(skipped, behind - from).map((line) => exactText(withoutComma(line)));
      if (position <= from) return;
    }
  }

  #landmarks(): Landmarks {
    return landmarksOf(this.#file.stat(), this.header, this.#sections.messages);
  }

  /** The lines of the side lists, `["list",item]`, in batches. @throws {DamagedCheckpoint} */
  async *sideLines(): AsyncGenerator<Buffer[]> {
    if (!this.hasSideLists) return;
    const { messages, side } = this.#sections;
    for await (const lines of readLines(this.#body, messages + SIDE_LINE.length, side))
      yield lines.map(({ bytes }) => withoutComma(bytes));
  }

  close(): void {
    letGo(this.#file);
  }
}

/** Up to so many messages of a checkpoint's end are kept at once to turn them round. */
const FEW = 1000;

/** The bytes up to the first message. */
function readStart(file: DiskFile): Buffer | undefined {
  for (let want = FIRST_READ; ; want *= 8) {
    const buffer = Buffer.allocUnsafe(want);
    const count = file.readNow(buffer, 0);
    const start = buffer.subarray(0, count);
    if (start.toString("latin1", 0, 6) !== '{\n"id"') return undefined;
    const cut = start.indexOf(MESSAGES_LINE);
    if (cut >= 0) return start.subarray(0, cut + MESSAGES_LINE.length);
    if (count < want) return undefined;
  }
}

function headerIn(start: Buffer): CheckpointHeader | undefined {
  const text = start.toString("utf8", 0, start.length - MESSAGES_LINE.length).replace(/,$/, "");
  try {
    return headerFrom(parseJson(`${text}}`) as JsonObject, start.length);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const FORMAT_LINE = '\n"format":';

/** A number of a newer format that is ours with a bit changed: with ours in its place the checksum fits. */
async function isDecayed(file: DiskFile, start: Buffer): Promise<boolean> {
  const restored = Buffer.from(start);
  restored.write(String(FORMAT), start.indexOf(FORMAT_LINE) + FORMAT_LINE.length, "latin1");
  const header = headerIn(restored);
  return header !== undefined && (await readParts(file, header, restored)) !== undefined;
}

/** What stands behind the header, once the header and the block checksums are known to be as they were written. */
async function readParts(
  file: DiskFile,
  { document, messagesAt }: CheckpointHeader,
  start: Buffer,
): Promise<{ body: CheckedBody; sections: Sections } | undefined> {
  const text = document["sections"];
  const sections = sectionsFrom(text);
  const { size } = file.stat();
  if (sections === undefined || typeof text !== "string") return undefined;
  if (sections.messages < messagesAt || sections.body >= size) return undefined;
  const table = Buffer.allocUnsafe(size - sections.body);
  if ((await readOnce(file, table, sections.body)) !== table.length) return undefined;
  const zeroed = Buffer.from(start);
  fill(zeroed, CHECKSUM_LINE, NO_CHECKSUM);
  fill(zeroed, SECTIONS_LINE, NO_SECTIONS);
  const checksum = crc32(table, crc32(text, crc32(zeroed)));
  if (checksumText(checksum) !== document["checksum"]) return undefined;
  const sums = table.toString("latin1", BLOCKS_LINE.length, table.length - CLOSING.length);
  return { body: new CheckedBody(file, messagesAt, sections.body, sums), sections };
}

function fill(start: Buffer, line: string, zeros: string): void {
  const at = start.indexOf(line);
  if (at >= 0) start.write(zeros, at + line.length, "latin1");
}

/** The messages of lines that were made one JSON array. */
function addMessages(messages: Message[], array: Buffer): void {
  const values = JSON.parse(array.toString("utf8")) as Json[];
  let lines: string[] | undefined;
  const textOf = (index: number): string => {
    lines ??= array.toString("utf8", 1, array.length - 1).split("\n");
    return (lines[index] ?? "").replace(/,$/, "");
  };
  for (const [index, value] of values.entries()) {
    const isExact = !isJsonObject(value) || !Object.hasOwn(value, EXACT_KEY);
    messages.push(
      isExact
        ? readMessage(value, () => textOf(index))
        : messageFromDocument(parseJson(textOf(index)), messages.length),
    );
  }
}

function withoutComma(line: Buffer): Buffer {
  return line.at(-1) === COMMA ? line.subarray(0, -1) : line;
}
