/**
 * Where messages stand: a run of lines of the checkpoint (`offset` -1, line numbers), or messages of one journal
 * record (its logical offset and length, positions in its splice).
 */
export interface Piece {
  readonly offset: number;
  readonly length: number;
  readonly from: number;
  readonly to: number;
}

export const IN_CHECKPOINT = -1;

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
    const at = this.#splitAt(start);
    const behind = this.#splitAt(start + deleteCount);
    const { offset, length, messages } = record;
    const inserted: Piece[] = messages > 0 ? [{ offset, length, from: 0, to: messages }] : [];
    if (at === this.#pieces.length) this.#pieces.push(...inserted);
    else this.#pieces.splice(at, behind - at, ...inserted);
    this.#count += messages - deleteCount;
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
        this.#pieces.splice(index, 1, { ...piece, to: middle }, { ...piece, from: middle });
        return index + 1;
      }
      passed += size;
    }
    return this.#pieces.length;
  }
}
