import { crc32 } from "node:zlib";

/** How bytes of a file come to be others. */
export interface Damage {
  readonly file: "journal" | "checkpoint";
  /**
   * `flip`: the bits of `mask` in one byte. `zero`: a sector or a page. `cut`: everything from there on is gone.
   * `forge`, for a control: a letter of the last record is another one, and its checksum fits.
   */
  readonly kind: "flip" | "zero" | "cut" | "forge";
  readonly at: number;
  /** With `flip` the bits, with `zero` how many bytes. */
  readonly what: number;
}

const KINDS: ReadonlySet<Damage["kind"]> = new Set(["flip", "zero", "cut", "forge"]);
const SECTOR = 512;
const PAGE = 4096;

/**
 * Each way to damage a file of so many bytes.
 * @param flips how many of a byte's bits are flipped, one at a time.
 * @param step of how many bytes one is flipped.
 * @param cutStep of how many of these places one is cut at.
 */
export function* damagesOf(
  file: Damage["file"],
  size: number,
  flips: number,
  step: number,
  cutStep: number,
): Generator<Damage> {
  for (let at = 0; at < size; at += step) {
    // Other bits in other bytes: the one that turns a digit into another, a letter's case, a quote into a space.
    for (let flip = 0; flip < flips; flip++)
      yield { file, kind: "flip", at, what: 1 << ((Math.imul(at, 5) + flip * 3) & 7) };
    if (at % (step * cutStep) === 0) yield { file, kind: "cut", at, what: 0 };
  }
  for (const block of [SECTOR, PAGE])
    for (let at = 0; at < size && (block === SECTOR || size > SECTOR); at += block)
      yield { file, kind: "zero", at, what: Math.min(block, size - at) };
}

export function damaged(bytes: Buffer, { kind, at, what }: Damage): Buffer {
  if (kind === "cut") return bytes.subarray(0, at);
  if (kind === "forge") return forged(bytes);
  const changed = Buffer.from(bytes);
  if (kind === "zero") changed.fill(0, at, at + what);
  else changed[at] = (bytes[at] ?? 0) ^ what;
  return changed;
}

function forged(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const letter = changed.lastIndexOf("ab ab ab");
  const begin = changed.lastIndexOf("\n", letter) + 1;
  const end = changed.indexOf("\n", letter);
  changed.write("ac", letter);
  // `{"crc":"` and eight digits; what is checked begins behind the closing quote.
  const checked = changed.subarray(begin + 17, end);
  changed.write(crc32(checked).toString(16).padStart(8, "0"), begin + 8);
  return changed;
}

export function textOf({ file, kind, at, what }: Damage): string {
  return `${file}:${kind}:${at}:${what}`;
}

export function damageFrom(text: string): Damage {
  const [file, kind, at, what] = text.split(":");
  if ((file !== "journal" && file !== "checkpoint") || !KINDS.has(kind as Damage["kind"]))
    throw new Error(`not a damage: ${text}`);
  return { file, kind: kind as Damage["kind"], at: Number(at), what: Number(what) };
}
