/**
 * Where messages stand: a run of lines of the checkpoint (`offset` -1, line numbers), or a stretch of the journal that
 * begins with a commit (its logical offset and length, positions among the messages of the commits that it holds).
 */
export interface Piece {
  readonly offset: number;
  readonly length: number;
  readonly from: number;
  readonly to: number;
  /** `to` is the last message of the stretch. */
  readonly whole?: boolean | undefined;
}

export const IN_CHECKPOINT = -1;

/** Commits that follow each other are joined to stretches of up to so many bytes. */
export const LONGEST_RUN = 256 << 10;

/** A session's list of messages as places instead of content, so that its size does not matter. */
export class MessagePieces {
  readonly #pieces: Piece[] = [];
  #count = 0;

  constructor(checkpointMessages: number) {
    if (checkpointMessages > 0) {
      this.#pieces.push({ offset: IN_CHECKPOINT, length: 0, from: 0, to: checkpointMessages });
    }
    this.#count = checkpointMessages;
  }

  get count(): number {
    return this.#count;
  }

  /** Applies a commit's splice; the new messages are all those of the record at `offset`. */
  splice(
    start: number,
    deleteCount: number,
    record: { offset: number; length: number; messages: number },
  ): void {
    const { offset, length, messages } = record;
    if (start === this.#count && deleteCount === 0) {
      this.#append(offset, length, messages);
    } else {
      const at = this.#splitAt(start);
      const behind = this.#splitAt(start + deleteCount);
      const inserted: Piece[] = messages > 0 ? [{ offset, length, from: 0, to: messages, whole: true }] : [];
      if (at === this.#pieces.length) this.#pieces.push(...inserted);
      else this.#pieces.splice(at, behind - at, ...inserted);
    }
    this.#count += messages - deleteCount;
  }

  /** Joins the record to the one before it, so that a long session of small commits takes few pieces. */
  #append(offset: number, length: number, messages: number): void {
    const last = this.#pieces.at(-1);
    if (last?.whole === true && last.offset + last.length === offset && last.length + length <= LONGEST_RUN) {
      this.#pieces[this.#pieces.length - 1] = {
        ...last,
        length: last.length + length,
        to: last.to + messages,
      };
    } else if (messages > 0) {
      this.#pieces.push({ offset, length, from: 0, to: messages, whole: true });
    }
  }

  /** The places of the messages `from` to `to`, in order. */
  slice(from: number, to: number): readonly Piece[] {
    if (from === 0 && to >= this.#count) return this.#pieces;
    return this.#pieces.slice(this.#splitAt(from), this.#splitAt(to));
  }

  /** The index of the piece that begins at a position, which is made to begin there. */
  #splitAt(position: number): number {
    if (position >= this.#count) return this.#pieces.length;
    let passed = 0;
    for (let index = 0; index < this.#pieces.length; index++) {
      const piece = this.#pieces[index] as Piece;
      const size = piece.to - piece.from;
      if (passed === position) return index;
      if (passed + size > position) {
        const middle = piece.from + position - passed;
        this.#pieces.splice(index, 1, { ...piece, to: middle, whole: false }, { ...piece, from: middle });
        return index + 1;
      }
      passed += size;
    }
    return this.#pieces.length;
  }
}
