const BITS = 1 << 15;
/** Of natural language, three letters follow each other in every long text somewhere; of four, most do not. */
const LENGTH = 4;

/**
 * Which four characters follow each other somewhere in some texts: 4 KB that tell of most texts that they stand nowhere
 * in a hundred pages.
 */
export class TextFilter {
  readonly #bits = new Uint32Array(BITS / 32);

  add(text: string): void {
    const bits = this.#bits;
    let mixed = 0;
    for (let at = 0; at < text.length; at++) {
      mixed = mixedWith(mixed, text.charCodeAt(at));
      if (at < LENGTH - 1) continue;
      const bit = bitOf(mixed);
      bits[bit >>> 5] = (bits[bit >>> 5] as number) | (1 << (bit & 31));
    }
  }

  addAll(other: TextFilter): void {
    const bits = this.#bits;
    for (const [index, word] of other.#bits.entries()) bits[index] = (bits[index] as number) | word;
  }

  /** False when a text certainly is part of none of those that were added. */
  mayHave(text: string): boolean {
    let mixed = 0;
    for (let at = 0; at < text.length; at++) {
      mixed = mixedWith(mixed, text.charCodeAt(at));
      const bit = bitOf(mixed);
      if (at >= LENGTH - 1 && ((this.#bits[bit >>> 5] as number) & (1 << (bit & 31))) === 0) return false;
    }
    return true;
  }
}

/** With 8 bits to each step, what stands before the last four characters is out of the 32 that are kept. */
function mixedWith(mixed: number, code: number): number {
  return (mixed << 8) ^ (code & 0xff) ^ Math.imul(code >>> 8, 0x3d);
}

function bitOf(mixed: number): number {
  return Math.imul(mixed, 0x9e3779b1) >>> 17;
}
