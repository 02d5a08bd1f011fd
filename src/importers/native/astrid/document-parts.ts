import { createReadStream } from "node:fs";

/** A part of a session's document: one element of its top-level `messages`, or, last, all that is around them. */
export type DocumentPart =
  | { readonly type: "message"; readonly offset: number; readonly bytes: Buffer }
  /** The document with an empty `messages`. */
  | { readonly type: "rest"; readonly text: string };

/** A file that is not one JSON object with a `messages` array; the message says what it is. */
export class NotADocumentError extends Error {
  override readonly name = "NotADocumentError";
}

/** Around the messages there is a head, not data; and no message can be longer than a string. */
const LONGEST_REST = 64 << 20;
const LONGEST_MESSAGE = 256 << 20;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENING = new Set([0x7b, 0x5b]); // { [
const CLOSING = new Set([0x7d, 0x5d]); // } ]
const BLANK = new Set([0x20, 0x09, 0x0a, 0x0d]);

/**
 * Takes a document apart without holding it: however it is indented and wherever among its keys `messages` stands.
 * @throws {NotADocumentError}
 */
export async function* documentParts(path: string): AsyncGenerator<DocumentPart> {
  const rest = new Pieces(LONGEST_REST, "the part around the messages");
  const element = new Pieces(LONGEST_MESSAGE, "a message");
  let depth = 0;
  let inString = false;
  let escaped = false;
  let inMessages = false;
  let seenMessages = false;
  let closed = false;
  let elementAt = 0;
  let chunkAt = 0;

  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    // Bytes since here belong to the part that is being read.
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
        continue;
      }
      if (BLANK.has(byte)) continue;
      if (closed) throw new NotADocumentError("it goes on behind the first JSON object");
      if (depth === 0 && byte !== 0x7b) throw new NotADocumentError("it does not begin with a JSON object");
      if (byte === QUOTE) inString = true;
      else if (OPENING.has(byte)) {
        depth++;
        if (depth !== 2 || byte !== 0x5b) continue;
        rest.add(chunk.subarray(from, at + 1));
        from = at + 1;
        if (!rest.endsWith(/(?<!\\)"messages"\s*:\s*\[$/)) continue;
        if (seenMessages) throw new NotADocumentError('the key "messages" occurs twice');
        inMessages = seenMessages = true;
        elementAt = chunkAt + from;
      } else if (CLOSING.has(byte)) {
        depth--;
        closed = depth === 0;
        if (!inMessages || depth !== 1) continue;
        element.add(chunk.subarray(from, at));
        from = at;
        inMessages = false;
        const bytes = element.take();
        if (!isBlank(bytes)) yield { type: "message", offset: elementAt, bytes };
      } else if (byte === COMMA && inMessages && depth === 2) {
        element.add(chunk.subarray(from, at));
        from = at + 1;
        yield { type: "message", offset: elementAt, bytes: element.take() };
        elementAt = chunkAt + from;
      }
    }
    (inMessages ? element : rest).add(chunk.subarray(from));
    chunkAt += chunk.length;
  }
  if (!closed) throw new NotADocumentError(depth === 0 ? "it is empty" : "it is cut off");
  if (!seenMessages) throw new NotADocumentError('it has no "messages" array');
  yield { type: "rest", text: rest.take().toString("utf8") };
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => BLANK.has(byte));
}

/** Bytes that arrive in pieces. */
class Pieces {
  readonly #longest: number;
  readonly #what: string;
  #pieces: Buffer[] = [];
  #length = 0;

  constructor(longest: number, what: string) {
    this.#longest = longest;
    this.#what = what;
  }

  add(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#length += piece.length;
    if (this.#length > this.#longest)
      throw new NotADocumentError(`${this.#what} is longer than ${this.#longest} bytes`);
    this.#pieces.push(piece);
  }

  /** Whether the last few bytes match. */
  endsWith(pattern: RegExp): boolean {
    let tail = "";
    for (let index = this.#pieces.length - 1; index >= 0 && tail.length < 200; index--) {
      tail = (this.#pieces[index] as Buffer).subarray(-200).toString("latin1") + tail;
    }
    return pattern.test(tail);
  }

  take(): Buffer {
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#length = 0;
    return bytes;
  }
}
